/** The server behind a proxy that has it below a path of its own. */
import { createServer, request, type IncomingMessage, type Server as Proxy } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "@playwright/test";
import { administrate, EMAIL, PASSWORD, Server } from "./server";

const PREFIX = "/trade";

/** A proxy that takes the prefix away, for requests and for sockets; it knows the server later. */
async function proxied(): Promise<{ proxy: Proxy; origin: string; aim: (url: string) => void }> {
  let target = new URL("http://127.0.0.1");
  const inner = ({ url = "" }: IncomingMessage) => url.slice(PREFIX.length);
  const proxy = createServer((asked, answer) => {
    if (asked.url?.startsWith(`${PREFIX}/`) !== true) {
      answer.writeHead(404).end();
      return;
    }
    const { method, headers } = asked;
    const passed = request(target, { method, headers, path: inner(asked) }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  proxy.on("upgrade", (asked: IncomingMessage, client: Socket) => {
    const server = connect(Number(target.port), target.hostname, () => {
      const lines = asked.rawHeaders.flatMap((name, place, all) =>
        place % 2 === 0 ? [`${name}: ${all[place + 1]}`] : [],
      );
      server.write([`GET ${inner(asked)} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      server.pipe(client).pipe(server);
    });
    server.on("error", () => client.destroy());
    client.on("error", () => server.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const aim = (url: string) => (target = new URL(url));
  return { proxy, origin: `http://127.0.0.1:${port}`, aim };
}

test("it works below the path of a proxy, live and on every page", async ({ page }) => {
  const { proxy, origin, aim } = await proxied();
  const settings = `[http]\npublic_url = "${origin}${PREFIX}"\n`;
  const server = await Server.start({ settings });
  try {
    aim(server.url);
    await administrate(server);
    await page.goto(`${origin}${PREFIX}/sign-in`);
    await page.getByLabel("E-mail").fill(EMAIL);
    await page.getByLabel(/^Password/).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Home" })).toBeVisible();
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await page.getByRole("link", { name: "Positions" }).click();
    expect(new URL(page.url()).pathname).toBe(`${PREFIX}/positions`);
    await page.reload();
    await expect(page.getByRole("heading", { name: "Positions & orders" })).toBeVisible();
    await page.goto(`${origin}${PREFIX}/api/docs`);
    await expect(page.getByText("/api/orders/manual").first()).toBeVisible();
  } finally {
    await server.stop();
    proxy.closeAllConnections();
    proxy.close();
  }
});
