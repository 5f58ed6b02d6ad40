// A contract's YAML source: the text is the truth, and a form changes single places of it. Comments and all else stay.
import { isMap, LineCounter, parseDocument, stringify, type Document } from "yaml";

export type Path = (string | number)[];
export interface Source { document: Document | null; faults: { line: number; message: string }[] }

/** The text read; no document where it is no YAML. */
export function read(text: string): Source {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const faults = document.errors.map((one) => ({ line: counter.linePos(one.pos[0]).line, message: (one.message.split("\n")[0] ?? "").replace(/ at line \d+.*$/, "") }));
  if (faults.length) return { document: null, faults };
  return isMap(document.contents) ? { document, faults } : { document: null, faults: [{ line: 1, message: "A contract is an object: begin with apiVersion, kind, id." }] };
}

export function written(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Where the usage terms stand in the document. */
export function termsPath(document: Document): Path | null {
  const properties = (document.toJS() as { customProperties?: { property?: string }[] }).customProperties;
  const place = Array.isArray(properties) ? properties.findIndex((one) => one?.property === "usageContract") : -1;
  return place < 0 ? null : ["customProperties", place, "value"];
}

/** A plain value at a place; undefined where there is none. */
export function valueAt(document: Document, path: Path): unknown {
  const node = document.getIn(path, false) as { toJSON?: () => unknown } | undefined;
  return typeof node === "object" && node !== null && node.toJSON ? node.toJSON() : node;
}

/** The text with another value at one place; an empty one takes the place away. */
export function changed(text: string, path: Path, value: unknown): string {
  const { document } = read(text);
  if (document === null) return text;
  const isEmpty = value === "" || value === undefined || (Array.isArray(value) && value.length === 0);
  if (isEmpty) document.deleteIn(path);
  else if (typeof value === "object") document.setIn(path, document.createNode(value, { flow: true }));
  else document.setIn(path, value);
  return written(document);
}

/** A document of the platform's as text: whatever any YAML reader would take for more than text stands in quotes. */
export function textOf(document: Record<string, unknown>): string {
  return stringify(document, { lineWidth: 0, version: "1.1" });
}

/** The next minor version: 1.2.3 is 1.3.0. */
export function nextVersion(version: string): string {
  const [major = "1", minor = "0"] = version.split(".");
  return `${major}.${Number(minor) + 1}.0`;
}

/** A small contract to begin with: an id of its own, one prefix, research only. */
export function example(today: Date): string {
  const day = (years: number) => `${new Date(today.getTime() + years * 365 * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;
  return `# A contract to begin with: change what is not yours.
apiVersion: v3.2.0
kind: DataContract
id: ${crypto.randomUUID()}
name: A new contract
version: 1.0.0
status: active
domain: lending
description:
  purpose: What the data is, and what it is for.
  usage: Aggregate and model; read in place.
  limitations: No re-identification.
servers:
  - id: files
    server: files
    type: s3
    environment: prod
    location: s3://acme-prod-lake/new-data/
    format: parquet
    customProperties:
      # the account in which the bucket lies
      - {property: awsAccount, value: "000000000000", vendor: sluicegate}
schema:
  - id: records
    name: records
    physicalName: records
    physicalType: table
    logicalType: object
    properties:
      - {id: r_id, name: id, logicalType: string, required: true, primaryKey: true, classification: internal}
team:
  name: lending-data-owners
customProperties:
  - id: usage_contract
    property: usageContract
    vendor: sluicegate
    value:
      specVersion: "1.0"
      effective: {from: "${day(0)}", until: "${day(1)}", reviewEvery: P180D}
      purposes:
        allow: [lending/credit-risk-research]
      consumers: {allowTeams: [lending-science]}
      stages:
        research: {operations: [describe, select], write: none, share: none, interactive: true}
      egress: {default: deny}
      duration: {default: PT1H, max: PT8H, renewals: 2}
      mint: role
      approvals:
        - {when: {maxClassification: internal}, mode: auto}
      obligations:
        - {id: log-query, enforcement: monitored}
      onBreach: {revoke: immediate}
`;
}
