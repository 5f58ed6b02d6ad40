// An activity as it is filled in, and what the console can see is missing before it asks anybody.
import type { Schemas } from "../../api/client";
import { lines } from "../../parts/field";
import { slugFault } from "./slug";

export interface Order {
  name: string; title: string; purposes: string[]; people: string[]; contracts: string[]; classification: Schemas["Classification"];
  costCenter: string; budget: string; endsOn: string; template: string; endpoints: string; recipients: string;
}
export const EMPTY: Order = { name: "", title: "", purposes: [], people: [], contracts: [], classification: "internal", costCenter: "", budget: "100", endsOn: "", template: "", endpoints: "", recipients: "" };

/** What is still to be filled in, by field; nothing is sent before this is empty. */
export function missing(order: Order, today: string): Partial<Record<keyof Order, string>> {
  const found: Partial<Record<keyof Order, string>> = {};
  if (!order.title.trim()) found.title = "Say in one line what is to be found out.";
  const name = slugFault(order.name);
  if (name) found.name = name;
  if (order.purposes.length === 0) found.purposes = "Choose at least one purpose.";
  if (!order.costCenter.trim()) found.costCenter = "Name the cost center that pays.";
  if (!/^\d{1,8}$/.test(order.budget)) found.budget = "Give whole US dollars a month.";
  if (!order.endsOn) found.endsOn = "Choose its last day.";
  else if (order.endsOn <= today) found.endsOn = "Choose a day after today.";
  if (!order.template) found.template = "Choose a template.";
  return found;
}

/** The order as the API takes it; it ends with the end of its last day. */
export function asked(order: Order): Schemas["ActivityAsked"] {
  return {
    name: order.name, title: order.title.trim(), purposes: order.purposes,
    members: order.people.filter((id) => id.startsWith("pe_")), workloads: order.people.filter((id) => id.startsWith("wl_")),
    contracts: order.contracts, data_classification: order.classification, cost_center: order.costCenter.trim(),
    monthly_budget_usd: Number(order.budget), ends_at: `${order.endsOn}T23:59:59Z`, template: order.template,
    public_endpoints: lines(order.endpoints), recipients: lines(order.recipients),
  };
}
