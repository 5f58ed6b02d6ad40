// Which of a contract's versions is meant where none is named.
import type { Schemas } from "../../api/client";

type Shown = Pick<Schemas["ContractShown"], "version" | "state" | "created_at">;

/** The one in force, else the newest; undefined where there is none. */
export function foremost<T extends Shown>(versions: T[]): T | undefined {
  return versions.find((one) => one.state === "in-force") ?? [...versions].sort((a, b) => b.created_at.localeCompare(a.created_at))[0];
}
