// The page's own line icons as SVG nodes.

const PATHS = {
  send: "M4 12 3 4.5 21 12 3 19.5 4 12Zm0 0h8",
  clip: "m20 11-8.2 8.2a5 5 0 0 1-7-7l8.7-8.7a3.3 3.3 0 0 1 4.7 4.7l-8.6 8.6a1.6 1.6 0 0 1-2.3-2.3L14.5 7",
  back: "m14.5 5-7 7 7 7",
  down: "m5 9.5 7 7 7-7",
  dots: "M12 5.5h.01M12 12h.01M12 18.5h.01",
  code: "m8.5 7-5 5 5 5m7-10 5 5-5 5M13.5 4.5l-3 15",
  sun: "M12 2.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17v-17Zm0 0a8.5 8.5 0 0 1 0 17",
  plus: "M12 5v14M5 12h14",
  close: "m6 6 12 12M18 6 6 18",
  play: "M8 5.2v13.6L19 12 8 5.2Z",
  pause: "M8.5 5.5v13m7-13v13",
  file: "M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.5L13.5 3Zm0 0v5.5H19",
  save: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14",
  check: "m4 12.5 4.5 4.5L18 7.5m-6 8.3 1.2 1.2 8.3-9.5",
  reply: "M9.5 6 4 11.5 9.5 17m-5-5.5H14a6 6 0 0 1 6 6v1",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1m2 3.7a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  users: "M16.5 20v-1.5a4 4 0 0 0-4-4h-5a4 4 0 0 0-4 4V20M13 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0Zm7.5 12v-1.5a4 4 0 0 0-3-3.9M15.5 5.1a3 3 0 0 1 0 5.8",
  open: "M9 5h10v10m0-10L6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  sparkle: "M12 4c.8 4.6 3.4 7.2 8 8-4.6.8-7.2 3.4-8 8-.8-4.6-3.4-7.2-8-8 4.6-.8 7.2-3.4 8-8Z",
  music: "M9 18a3 3 0 1 1-3-3 3 3 0 0 1 3 3Zm0 0V6l11-2v12m0 0a3 3 0 1 1-3-3 3 3 0 0 1 3 3Z",
};

const SVG = "http://www.w3.org/2000/svg";

/** Draw the named icon; it is hidden from screen readers, so the button around it needs a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
