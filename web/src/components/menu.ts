/** How every menu of the page opens. */

export const MENU = {
  position: "bottom-end",
  // Within the landmark of its button, where assistive technology looks for it.
  withinPortal: false,
  // It would be a child of the menu that is no item.
  withInitialFocusPlaceholder: false,
} as const;
