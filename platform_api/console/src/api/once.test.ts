import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("window", { location: { origin: "https://console.test" } });
const { Problem } = await import("./client");
const { once } = await import("./once");

/** Every key that is sent, by a way on which each press ends as the next of `ends` says. */
async function sent(presses: unknown[], ends: (Error | null)[]): Promise<string[]> {
  let made = 0;
  const keys: string[] = [];
  const deed = once(() => `key-${(made += 1)}`);
  for (const [place, asked] of presses.entries()) {
    const end = ends[place] ?? null;
    const done = deed(asked, (header) => { keys.push(header["idempotency-key"]); return end ? Promise.reject(end) : Promise.resolve("done"); });
    await (end ? expect(done).rejects.toBe(end) : expect(done).resolves.toBe("done"));
  }
  return keys;
}
const LOST = new TypeError("Failed to fetch");
const problem = (status: number, code: string) => new Problem(status, { code });

describe("a deed that is pressed again", () => {
  it("is sent once while it is on its way, and both presses have its answer", async () => {
    let made = 0;
    const answers: ((answer: string) => void)[] = [];
    const deed = once(() => `key-${(made += 1)}`);
    const send = () => new Promise<string>((resolve) => { answers.push(resolve); });
    const both = [deed("a", send), deed("a", send)];
    expect(answers).toHaveLength(1);
    answers[0]?.("done");
    expect(await Promise.all(both)).toEqual(["done", "done"]);
    void deed("a", send);
    expect(answers).toHaveLength(2);
  });
  it("is the same one while no answer has come", async () => {
    expect(await sent(["a", "a"], [LOST])).toEqual(["key-1", "key-1"]);
    expect(await sent(["a", "a"], [problem(502, "unexpected")])).toEqual(["key-1", "key-1"]);
    expect(await sent(["a", "a"], [problem(409, "idempotency-in-flight")])).toEqual(["key-1", "key-1"]);
  });
  it("is a new one after an answer, also after a refusal", async () => {
    expect(await sent(["a", "a"], [null])).toEqual(["key-1", "key-2"]);
    expect(await sent(["a", "a"], [problem(403, "forbidden")])).toEqual(["key-1", "key-2"]);
  });
  it("is a new one when something else is asked", async () => {
    expect(await sent([{ body: 1 }, { body: 2 }], [LOST])).toEqual(["key-1", "key-2"]);
  });
});
