import { QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { beforeEach, expect, it, vi } from "vitest";
import { changePreferences } from "../preferences";
import { queryClient } from "../queries";
import { useShortcuts } from "./useShortcuts";

const navigate = vi.hoisted(() => vi.fn());
vi.mock("@tanstack/react-router", () => ({ useNavigate: () => navigate }));

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

function Keys() {
  useShortcuts();
  return null;
}

function press(key: string): void {
  act(() => {
    window.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  });
}

beforeEach(() => {
  navigate.mockClear();
  document.body.innerHTML = "";
  changePreferences({ shortcuts: true });
  const root = createRoot(document.createElement("div"));
  act(() =>
    root.render(
      <QueryClientProvider client={queryClient}>
        <Keys />
      </QueryClientProvider>,
    ),
  );
  return () => act(() => root.unmount());
});

it("opens the ticket with one key, but never out of a dialog", () => {
  press("n");
  expect(navigate).toHaveBeenCalledOnce();
  document.body.innerHTML = '<section role="dialog"></section>';
  press("n");
  expect(navigate).toHaveBeenCalledOnce();
});

it("does nothing when single keys are switched off", () => {
  act(() => changePreferences({ shortcuts: false }));
  press("n");
  expect(navigate).not.toHaveBeenCalled();
});
