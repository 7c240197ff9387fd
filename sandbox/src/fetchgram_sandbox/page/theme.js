// Light, dark, or as the system says; remembered.

const KEY = "theme";
const ORDER = ["auto", "light", "dark"];

/** Apply what was chosen before; call `next()` to go on to the next theme. */
export class Theme {
  constructor(changed) {
    this.changed = changed;
    this.apply(ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "auto");
  }

  next() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const cycle = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    this.apply(cycle[(cycle.indexOf(this.value) + 1) % cycle.length]);
    localStorage.setItem(KEY, this.value);
  }

  apply(value) {
    this.value = value;
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    this.changed(value);
  }
}
