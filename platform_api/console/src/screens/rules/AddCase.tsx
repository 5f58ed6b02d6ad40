import { Link } from "@tanstack/react-router";
import { questionOf } from "../bench/question";
import type { Change } from "./changes";
import { useChoices } from "./choices";
import { isOfData, type RuleForm } from "./form";

/** Leads to the bench for a case of a draft: it begins with a question that the first of its `changes` is about. */
export function AddCase({ version, changes }: { version: string; changes: Change[] }) {
  const known = useChoices();
  const forms = changes.flatMap((one) => (one.is !== "removed" && one.after.form ? [one.after.form as unknown as RuleForm] : []));
  const tried = forms.find((form) => form.actions.some(isOfData));
  const first = tried ? questionOf(tried, known.subjects, known.sources, known.purposes.map((one) => one.id)) : {};
  return <Link to={"/bench" as never} search={{ version, ...first } as never} className="button">Add a test case</Link>;
}
