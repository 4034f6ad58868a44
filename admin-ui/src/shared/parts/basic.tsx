// The small things every screen is made of, in KERN's clothes.
import type { ComponentChildren, JSX } from 'preact'
import type { Problem } from '../api'
import { problemText } from '../problem_text'
import { listOf } from '../router'
import { t, type TextKey } from '../texts'

export type Tone = 'info' | 'success' | 'warning' | 'danger'

export function Icon({ name }: { name: string }) {
  return <span class={`kern-icon kern-icon--${name}`} aria-hidden="true" />
}

interface ButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'icon'> {
  kind?: 'primary' | 'secondary' | 'tertiary'
  icon?: string
  busy?: boolean
  children: ComponentChildren
}

export function Button({ kind = 'secondary', icon, busy, children, ...rest }: ButtonProps) {
  return (
    <button type="button" class={`kern-btn kern-btn--${kind}`} aria-busy={busy} {...rest}>
      {icon && <Icon name={icon} />}
      <span class="kern-label">{children}</span>
    </button>
  )
}

export function LinkButton({ href, kind = 'secondary', icon, children }: { href: string; kind?: ButtonProps['kind']; icon?: string; children: ComponentChildren }) {
  return (
    <a href={href} class={`kern-btn kern-btn--${kind}`}>
      {icon && <Icon name={icon} />}
      <span class="kern-label">{children}</span>
    </a>
  )
}

export function Badge({ tone, children }: { tone?: Tone | undefined; children: ComponentChildren }) {
  return <span class={tone ? `badge badge--${tone}` : 'badge'}>{children}</span>
}

/** `live`: it appears while the reader is there, so it is spoken. */
export function Alert({ tone, title, live, children }: { tone: Tone; title: string; live?: boolean; children?: ComponentChildren }) {
  return (
    <div class={`kern-alert kern-alert--${tone}`} role={live ? (tone === 'danger' ? 'alert' : 'status') : undefined} tabIndex={live ? -1 : undefined}>
      <div class="kern-alert__header">
        <Icon name={tone} />
        <p class="kern-title">{title}</p>
      </div>
      {children && <div class="kern-alert__body">{children}</div>}
    </div>
  )
}

/** What happened, what was kept, what to do now. With `retry`, something was only to be read. */
export function ProblemAlert({ problem, retry, conflict }: { problem: Problem | null; retry?: () => void; conflict?: TextKey | undefined }) {
  if (!problem) return null
  const { title, advice } = problemText(problem, { conflict, reading: retry !== undefined })
  const again = problem.status === 404 ? <LinkButton href={listOf()}>{t('action.to_list')}</LinkButton> : <Button icon="autorenew" onClick={retry}>{t('action.retry')}</Button>
  return (
    <Alert tone="danger" title={title} live>
      {advice && <p>{advice}</p>}
      {retry && <div>{again}</div>}
    </Alert>
  )
}

export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="kern-loader kern-loader--visible" aria-hidden="true" />
      <span>{t('state_of.loading')}</span>
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty__title">{title}</p>
      {children}
    </div>
  )
}

/** Terms and their values; pairs with null are left out. */
export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.filter(([, value]) => value !== null && value !== '').map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Text somebody wrote; `foreign` names its language when it is not the reader's. */
export function Prose({ text, lang }: { text: string; lang?: string }) {
  return <p class="prose" lang={lang}>{text}</p>
}
