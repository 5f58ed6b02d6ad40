// One rule as a form, with the sentence that it makes; what comes out is its Cedar text.
import { useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { api, Problem, told } from "../../api/client";
import { useNamed } from "../../api/people";
import { useAnswered } from "../../parts/answered";
import { Trouble } from "../../parts/states";
import { useUnsaved } from "../../parts/unsaved";
import { RuleFormFields } from "./RuleFormFields";
import { EMPTY, gaps, tidy, type RuleForm } from "./form";

export function RuleDialog({ first, owner, onDone, onClose }: { first: RuleForm | null; owner: string; onDone: (cedar: string) => void; onClose: () => void }) {
  const [form, setForm] = useState<RuleForm>(first ?? { ...EMPTY, owner });
  const [begun] = useState(form);
  useUnsaved(form !== begun);
  const named = useNamed();
  const open = gaps(form);
  const written = useAnswered(["form"], open.length ? null : JSON.stringify(tidy(form)), (asked, signal) => told(api.POST("/v1/rulebooks/forms", { signal, body: { form: JSON.parse(asked) as Record<string, unknown> } })));
  const faults = written.error instanceof Problem ? ((written.error.extra.errors as { field: string; message?: string; problem?: string }[] | undefined) ?? []) : [];
  const leave = () => { if (form === begun || window.confirm("What you put together is not in the text yet. Leave it?")) onClose(); };
  return (
    <ModalOverlay className="shade center" isOpen onOpenChange={(open) => { if (!open) leave(); }}>
      <Modal className="dialog wide">
        <Dialog className="dialog-body" data-dialog="rule-form">
          <Heading slot="title" level={2}>{first ? "Edit the rule" : "A new rule"}</Heading>
          <RuleFormFields form={form} onChange={setForm} isNew={!first} />
          {written.isCurrent ? <details><summary>The same in Cedar</summary><pre className="code" tabIndex={0}>{written.data?.cedar}</pre></details> : null}
          <div className="dialog-foot">
            <div className={`notice ${written.error ? "warn" : ""}`} aria-live="polite">
              <strong>In plain words</strong>
              {open.length ? <span className="secondary">Still to say: {open.join(", ")}.</span> : written.error ? (
                faults.length ? <ul>{faults.map((one) => <li key={one.field}>{one.field}: {one.message ?? one.problem}</li>)}</ul> : <Trouble error={written.error} retry={written.again} />
              ) : <span>{named(written.data?.sentence ?? "…")}</span>}
            </div>
            <div className="row">
              <Button className="button push" onPress={leave}>Cancel</Button>
              <Button className="button primary" isDisabled={!written.isCurrent} onPress={() => { if (written.data?.cedar) onDone(written.data.cedar); }}>{first ? "Use this rule" : "Add the rule"}</Button>
            </div>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
