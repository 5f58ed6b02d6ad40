// What can be written at a place of a rule: read from the platform's Cedar schema.
export type Type = { type: string; name?: string; element?: Type; attributes?: Record<string, Type> };
export interface SchemaJson {
  commonTypes: Record<string, Type>;
  entityTypes: Record<string, { shape?: Type; memberOfTypes?: string[]; enum?: string[] }>;
  actions: Record<string, { memberOf?: { id: string }[] | null; appliesTo?: { principalTypes: string[]; resourceTypes: string[]; context?: Type } | null }>;
}
export interface Word { label: string; about: string; kind: "keyword" | "type" | "property" | "enum" | "variable" | "function" }

const KEYWORDS = ["permit", "forbid", "when", "unless", "in", "is", "has", "like", "if", "then", "else", "true", "false"];
const ROOTS = ["principal", "action", "resource", "context"];
const ANNOTATIONS: [string, string][] = [["id", "its short name, never changed"], ["title", "what people call it"], ["owner", "the team that answers for it"], ["advice", "what to tell whom it refuses"]];
const OF_SETS: [string, string][] = [["contains()", "holds this one"], ["containsAny()", "holds one of these"], ["containsAll()", "holds all of these"], ["isEmpty()", "holds nothing"]];
const OF_TIMES: [string, string][] = [["toDate()", "its day"], ["toTime()", "its time of day"], ["offset()", "that much later"], ["durationSince()", "time between"]];

/** The words that fit behind `before`, which is the text from the rule's beginning to the cursor, and how much of it they replace. */
export function wordsAt(schema: SchemaJson, before: string, ids: Record<string, string[]>): { words: Word[]; replaces: number } | null {
  const annotation = /@(\w*)$/.exec(before);
  if (annotation) return { words: ANNOTATIONS.map(([label, about]) => ({ label, about, kind: "keyword" })), replaces: annotation[1]?.length ?? 0 };
  const entity = /(\w+)::"([^"\n]*)$/.exec(before);
  if (entity?.[1]) return { words: idsOf(schema, entity[1], ids).map(([label, about]) => ({ label, about, kind: "enum" })), replaces: entity[2]?.length ?? 0 };
  if (/"[^"\n]*$/.test(before.slice(before.lastIndexOf("\n") + 1).replace(/"[^"\n]*"/g, ""))) return null; // inside any other text
  const path = /\b(principal|resource|context)((?:\.\w+)*)\.(\w*)$/.exec(before);
  if (path?.[1]) {
    let types = rootTypes(schema, path[1], before);
    for (const step of path[2]?.split(".").filter(Boolean) ?? []) types = types.flatMap((type) => { const inner = attributesOf(schema, type)[step]; return inner ? [inner] : []; });
    return { words: members(schema, types), replaces: path[3]?.length ?? 0 };
  }
  const word = /[A-Za-z_]\w*$/.exec(before);
  if (!word) return null;
  const isKind = /\bis\s+\w*$/.test(before);
  const kinds: Word[] = Object.keys(schema.entityTypes).map((label) => ({ label, about: "kind of thing", kind: "type" }));
  if (isKind) return { words: kinds, replaces: word[0].length };
  return {
    words: [
      ...ROOTS.map((label): Word => ({ label, about: "", kind: "variable" })), ...KEYWORDS.map((label): Word => ({ label, about: "", kind: "keyword" })),
      ...kinds, { label: "Action", about: "what is done", kind: "type" }, { label: "datetime", about: 'a moment, datetime("2026-03-01")', kind: "function" }, { label: "duration", about: 'a length, duration("8h")', kind: "function" },
    ],
    replaces: word[0].length,
  };
}

/** What a name is, in words: a kind of thing, an action, an attribute. */
export function explained(schema: SchemaJson, name: string): string | null {
  const action = schema.actions[name];
  if (action) return action.appliesTo ? `Action ${name}: by ${action.appliesTo.principalTypes.join(" or ")}, to ${action.appliesTo.resourceTypes.join(", ")}` : `Actions in the group ${name}: ${Object.entries(schema.actions).filter(([, one]) => one.memberOf?.some((group) => group.id === name)).map(([id]) => id).join(", ")}`;
  const entity = schema.entityTypes[name];
  if (entity) return `${name}: ${entity.enum ? `one of ${entity.enum.join(", ")}` : Object.entries(attributesOf(schema, { type: "EntityOrCommon", name })).map(([key, type]) => `${key} (${called(type)})`).join(", ") || "has no facts"}${entity.memberOfTypes?.length ? `; can be in ${entity.memberOfTypes.join(", ")}` : ""}`;
  const owners = Object.keys(schema.entityTypes).filter((kind) => attributesOf(schema, { type: "EntityOrCommon", name: kind })[name]);
  const context = Object.values(schema.commonTypes).map((type) => type.attributes?.[name]).find(Boolean);
  if (context) return `${name}: ${called(context)}, of the circumstances`;
  const first = owners[0];
  return first ? `${name}: ${called(attributesOf(schema, { type: "EntityOrCommon", name: first })[name] as Type)}, of ${owners.join(", ")}` : null;
}

function idsOf(schema: SchemaJson, kind: string, ids: Record<string, string[]>): [string, string][] {
  if (kind === "Action") return Object.entries(schema.actions).map(([id, one]) => [id, one.appliesTo ? `to ${one.appliesTo.resourceTypes.slice(0, 3).join(", ")}` : "a group of actions"]);
  return (schema.entityTypes[kind]?.enum ?? ids[kind] ?? []).map((id) => [id, kind]);
}

/** What the root can be in this rule: narrowed by the actions and kinds that its scope names. */
function rootTypes(schema: SchemaJson, root: string, before: string): Type[] {
  const rule = before.slice(Math.max(before.lastIndexOf("permit"), before.lastIndexOf("forbid"), 0));
  const scope = rule.slice(0, rule.indexOf(")") < 0 ? rule.length : rule.search(/\)\s*(when|unless|;|$)/) + 1 || rule.length);
  const kind = new RegExp(`\\b${root}\\s+is\\s+(\\w+)`).exec(scope)?.[1];
  if (kind) return [{ type: "EntityOrCommon", name: kind }];
  const named = [...scope.matchAll(/Action::"(\w+)"/g)].map((one) => one[1] ?? "");
  const actions = Object.entries(schema.actions).filter(([id, one]) => named.length === 0 || named.includes(id) || one.memberOf?.some((group) => named.includes(group.id))).flatMap(([, one]) => (one.appliesTo ? [one.appliesTo] : []));
  if (root === "context") return actions.flatMap((one) => (one.context ? [one.context] : []));
  const kinds = new Set(actions.flatMap((one) => (root === "principal" ? one.principalTypes : one.resourceTypes)));
  return [...kinds].map((name) => ({ type: "EntityOrCommon", name }));
}

function attributesOf(schema: SchemaJson, type: Type): Record<string, Type> {
  if (type.type === "Record") return type.attributes ?? {};
  const named = schema.commonTypes[type.name ?? ""] ?? schema.commonTypes[type.type] ?? schema.entityTypes[type.name ?? ""]?.shape;
  return named?.attributes ?? {};
}

function members(schema: SchemaJson, types: Type[]): Word[] {
  const found = new Map<string, Word>();
  for (const type of types) {
    for (const [label, one] of Object.entries(attributesOf(schema, type))) found.set(label, { label, about: called(one), kind: "property" });
    for (const [label, about] of type.type === "Set" ? OF_SETS : type.name === "datetime" ? OF_TIMES : []) found.set(label, { label, about, kind: "function" });
  }
  return [...found.values()];
}

function called(type: Type): string {
  return type.type === "Set" ? `set of ${type.element ? called(type.element) : "things"}` : type.name ?? type.type;
}
