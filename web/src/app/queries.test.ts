import { MutationObserver, QueryObserver, onlineManager } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { queryClient } from "./queries";

afterEach(() => onlineManager.setOnline(true));

it("asks at once also when the browser believes that it is offline", async () => {
  onlineManager.setOnline(false);
  const send = vi.fn(() => Promise.resolve("done"));
  await new MutationObserver(queryClient, { mutationFn: send }).mutate();
  expect(send).toHaveBeenCalledOnce();

  const read = vi.fn(() => Promise.resolve("read"));
  const stop = new QueryObserver(queryClient, { queryKey: ["x"], queryFn: read }).subscribe(
    vi.fn(),
  );
  expect(read).toHaveBeenCalledOnce();
  stop();
});
