// A dialog that asks before something is changed, and shows the platform's refusal where it happens.
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Button, Dialog, Heading, Label, Modal, ModalOverlay, TextArea, TextField } from "react-aria-components";
import { Trouble } from "./states";
import { useToast } from "./toast";

interface Shown {
  /** The dialog's own among all of the console, for its tests. */
  name: string;
  button: ReactNode; kind?: "primary" | "danger" | "plain"; title: string; children?: ReactNode; confirm: string;
  reason?: string; optional?: boolean; done: string; act: (reason: string) => Promise<unknown>; disabled?: string; first?: string; wide?: boolean;
  /** Told when the dialog opens, and when it is gone. */
  onOpenChange?: (isOpen: boolean) => void;
}

/** `reason` names a text that is asked for; `disabled` says why the button cannot be pressed, `first` what has to be done in the dialog before it can be confirmed. */
export function Ask({ name, button, kind = "plain", title, children, confirm, reason, optional, done, act, disabled, first, wide, onOpenChange }: Shown) {
  const [isOpen, show] = useState(false);
  const setOpen = (open: boolean) => { show(open); onOpenChange?.(open); };
  const [text, setText] = useState("");
  const toast = useToast();
  const change = useMutation({
    mutationFn: () => act(text.trim()),
    onSuccess: () => { setOpen(false); setText(""); toast(done); },
  });
  const look = kind === "plain" ? "button" : `button ${kind}`;
  return (
    <>
      <span title={disabled}>
        <Button className={look} isDisabled={Boolean(disabled)} onPress={() => { change.reset(); setOpen(true); }}>{button}</Button>
      </span>
      <ModalOverlay className="shade center" isOpen={isOpen} onOpenChange={setOpen} isDismissable={!change.isPending}>
        <Modal className={`dialog${wide ? " wide" : ""}`}>
          <Dialog className="dialog-body" data-dialog={name}>
            <Heading slot="title" level={2}>{title}</Heading>
            {children}
            {reason ? (
              <TextField className="field" value={text} onChange={setText} isRequired={!optional} autoFocus>
                <Label>{reason}</Label>
                <TextArea maxLength={2000} rows={3} />
              </TextField>
            ) : null}
            {change.isError ? <Trouble error={change.error} /> : null}
            <div className="row">
              {first ? <span className="faint" role="status">{first}</span> : null}
              <Button slot="close" className="button push" isDisabled={change.isPending}>Cancel</Button>
              <Button className={kind === "danger" ? "button danger" : "button primary"} isDisabled={change.isPending || Boolean(first) || (Boolean(reason) && !optional && text.trim() === "")}
                onPress={() => change.mutate()}>{change.isPending ? "Working…" : confirm}</Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}
