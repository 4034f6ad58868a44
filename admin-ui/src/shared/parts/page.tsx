// One screen: its heading takes the focus when the reader arrives, and names the browser's tab.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { node } from '../session'
import { notice } from '../say'
import { t } from '../texts'
import { Alert, Icon } from './basic'

interface PageProps {
  title: string
  lead?: ComponentChildren
  back?: { href: string; text: string }
  actions?: ComponentChildren
  lang?: string | undefined
  children: ComponentChildren
}

let firstPage = true

/** Something was on the screen before the first Page (the sign-in), so that one takes the focus too. */
export function notFirst(): void {
  firstPage = false
}

export function Page({ title, lead, back, actions, lang, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // The first screen after loading leaves the focus where the browser put it.
    if (!firstPage) heading.current?.focus({ preventScroll: true })
    firstPage = false
  }, [])
  useEffect(() => {
    document.title = `${title} · ${node.value?.name ?? t('app.name')}`
  }, [title])
  return (
    <div class="page">
      {back && (
        <a class="back kern-link" href={back.href}>
          <Icon name="arrow-back" />
          {back.text}
        </a>
      )}
      <div class="page__top">
        <div class="page__title">
          <h1 ref={heading} tabIndex={-1} lang={lang}>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {notice.value && <Alert tone="success" title={notice.value} />}
      {children}
    </div>
  )
}

/** `arrive`: it was asked for and takes the focus. */
export function Section({ title, arrive, children, actions }: { title: string; arrive?: boolean; children: ComponentChildren; actions?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (arrive) heading.current?.focus()
  }, [])
  return (
    <section class="section" aria-label={title}>
      <div class="section__top">
        <h2 ref={heading} tabIndex={arrive ? -1 : undefined}>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  )
}
