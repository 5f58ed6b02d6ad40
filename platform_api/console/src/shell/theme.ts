// Light, dark, or as the system wants: the person's choice is kept in this browser only.
export type Theme = "system" | "light" | "dark";
const KEY = "sluicegate.theme";

export function theme(): Theme {
  const kept = window.localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function applyTheme(choice: Theme = theme()): void {
  if (choice === "system") {
    window.localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    window.localStorage.setItem(KEY, choice);
    document.documentElement.dataset.theme = choice;
  }
}
