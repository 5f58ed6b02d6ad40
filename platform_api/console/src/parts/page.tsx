// The frame of a screen: its name (which also names the tab), what it is for, and its actions.
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";

export function Page({ title, lead, actions, crumbs, children }: {
  title: string; lead?: ReactNode; actions?: ReactNode; crumbs?: { to: string; label: string }[]; children: ReactNode;
}) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = `${title} · Sluicegate`; }, [title]);
  // Focus follows navigation, so that a keyboard and a screen reader start at the new page's name.
  useEffect(() => { head.current?.focus({ preventScroll: true }); }, []);
  return (
    <>
      <div className="page-head">
        <div className="stack-s grow" style={{ gap: 4 }}>
          {crumbs?.length ? (
            <nav className="crumbs" aria-label="Where you are">
              {crumbs.map((crumb) => <span key={crumb.to}><Link to={crumb.to}>{crumb.label}</Link> /</span>)}
              <span aria-current="page">{title}</span>
            </nav>
          ) : null}
          <h1 ref={head} tabIndex={-1} style={{ outline: "none" }}>{title}</h1>
          {lead ? <p className="lead">{lead}</p> : null}
        </div>
        {actions ? <div className="row">{actions}</div> : null}
      </div>
      {children}
    </>
  );
}

export function Card({ title, actions, children, flush = false }: { title?: ReactNode; actions?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className="card">
      {title ? <header><h2 className="grow">{title}</h2>{actions}</header> : null}
      <div className={flush ? "" : "body"}>{children}</div>
    </section>
  );
}

export function Facts({ of }: { of: [string, ReactNode][] }) {
  return <dl className="facts">{of.map(([name, value]) => <FactRow key={name} name={name} value={value} />)}</dl>;
}

function FactRow({ name, value }: { name: string; value: ReactNode }) {
  return <><dt>{name}</dt><dd>{value}</dd></>;
}
