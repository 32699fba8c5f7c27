/**
 * The address of the image on screen. The address bar follows it, so that a reload, a bookmark or a message to somebody else
 * leads back to it; Streamlit hears nothing of that and runs nothing.
 */

const RESTS = 300; // milliseconds between two changes: browsers allow about a hundred in 30 seconds

export class Address {
  constructor(desk) {
    this.desk = desk;
    this.path = location.pathname; // of the page that the desk stands on
  }

  /** Another image is on screen, or none. */
  follow() {
    this.timer ??= setTimeout(() => this.write(), RESTS);
  }

  write() {
    this.timer = null;
    if (location.pathname !== this.path) return; // another page is being opened
    const address = new URL(location.href);
    const { entry, data } = this.desk;
    address.searchParams.set("project", data.project);
    if (entry) address.searchParams.set("image", entry.item.image_id);
    else address.searchParams.delete("image");
    this.nameList(address);
    if (address.href === location.href) return;
    try {
      history.replaceState(history.state, "", address);
    } catch {
      this.follow(); // too many changes for this browser just now
    }
  }

  /** The address alone, without what else the page was opened with. */
  get link() {
    const link = new URL(this.path, location.href);
    link.searchParams.set("project", this.desk.data.project);
    link.searchParams.set("image", this.desk.entry.item.image_id);
    this.nameList(link);
    return link.href;
  }

  /** Somebody else gets to the same list of images. */
  nameList({ searchParams }) {
    const { worklist } = this.desk;
    if (worklist) searchParams.set("worklist", worklist.key.replace("worklist-", ""));
    else searchParams.delete("worklist");
  }

  async copy() {
    const { desk, link } = this;
    const { name } = desk.entry.item;
    const isCopied = await copyText(link, desk.root);
    desk.stage.focus();
    return desk.hint(isCopied ? `The link to ${name} is copied.` : `This browser does not let a page copy. The link is ${link}`);
  }

  destroy() {
    clearTimeout(this.timer);
    this.path = null;
  }
}

/** To the clipboard; over plain http browsers know only the older way. @returns {Promise<boolean>} whether it is there */
async function copyText(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, root);
  }
}

function copySelected(text, root) {
  const field = document.createElement("textarea");
  field.className = "unseen";
  field.value = text;
  root.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
