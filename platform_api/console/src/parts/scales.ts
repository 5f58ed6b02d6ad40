// The scales of the platform, each from its least to its most.
import type { Schemas } from "../api/client";

export const TIERS: Schemas["Tier"][] = ["research", "validation", "operation"];
export const LEVELS = ["public", "internal", "confidential", "restricted"];
