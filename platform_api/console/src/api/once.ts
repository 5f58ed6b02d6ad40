// Doing something once, however often a button is pressed while no answer comes.
import { useState } from "react";
import { Problem } from "./client";

interface Header { "idempotency-key": string }
export type Once = <T>(asked: unknown, send: (header: Header) => Promise<T>) => Promise<T>;

/**
 * Sends what is `asked` under a key of its own, which stays until the platform has answered: after a lost answer the
 * same press is the same deed. An answer, be it a refusal, ends it; another wish has another key. A press while the
 * first is on its way sends nothing, and gets its answer.
 */
export function once(key: () => string = () => crypto.randomUUID()): Once {
  const open = new Map<string, string>();
  const sending = new Map<string, Promise<unknown>>();
  const deed = async <T>(wish: string, send: (header: Header) => Promise<T>): Promise<T> => {
    const mine = open.get(wish) ?? key();
    open.set(wish, mine);
    try {
      const answer = await send({ "idempotency-key": mine });
      open.delete(wish);
      return answer;
    } catch (error) {
      if (isAnswer(error)) open.delete(wish);
      throw error;
    } finally {
      sending.delete(wish);
    }
  };
  return <T>(asked: unknown, send: (header: Header) => Promise<T>): Promise<T> => {
    const wish = JSON.stringify(asked) ?? "";
    const running = sending.get(wish) as Promise<T> | undefined;
    const mine = running ?? deed(wish, send);
    sending.set(wish, mine);
    return mine;
  };
}

/** What the platform has decided: neither that it failed or could not be reached, nor that it is still at the first press. */
function isAnswer(error: unknown): boolean {
  return error instanceof Problem && error.status < 500 && error.code !== "idempotency-in-flight";
}

/** The same for as long as a screen is there. */
export function useOnce(): Once {
  return useState(() => once())[0];
}
