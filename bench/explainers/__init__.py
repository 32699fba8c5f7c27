"""Relook's explanation methods beside their peers: `python -m bench.explainers [part ...] [--quick]`.

A part is a module here with `measure_part(setting: Setting) -> Iterator[Row]`; its name goes into `__main__.PARTS`.
"""
