import streamlit as st

_mount = st.components.v2.component("components.annotator", js="annotator.js", css="annotator.css", isolate_styles=True)


def annotator(data, *, key):
    return _mount(key=key, data=data)
