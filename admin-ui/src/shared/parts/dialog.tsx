// A question that must be answered before going on: the browser's own <dialog>, which keeps the focus inside, around a
// form of its own. It hangs at the end of the page, so that it is never a part of the form that opened it.
import { render, type ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Problem } from '../api'
import { goBackTo, whereabouts } from '../focus'
import { t, type TextKey } from '../texts'
import { Button, Icon, ProblemAlert } from './basic'
import { useOwnId } from './id'
import { useTrouble } from './trouble'

interface DialogProps {
  title: string
  submit: string
  onSubmit: () => void
  onClose: () => void
  other?: { text: string; act: () => void } // instead of «cancel», where to stay is what `submit` does
  busy?: boolean
  problem?: Problem | null
  conflict?: TextKey // what a 409 conflict means in this place
  children: ComponentChildren
}

function Question({ title, submit, onSubmit, onClose, other, busy, problem = null, conflict, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const form = useTrouble(problem)
  const heading = useOwnId()
  useEffect(() => {
    const node = dialog.current
    const before = whereabouts()
    node?.showModal()
    // Where the answer is given, not on the cross in the corner.
    const answer = node?.querySelector<HTMLElement>('.kern-dialog__body :is(input, select, textarea)')
    const harmless = node?.querySelector<HTMLElement>(other ? 'footer [type="submit"]' : 'footer button')
    ;(answer ?? harmless)?.focus()
    return () => {
      node?.close() // while it is open, nothing outside it takes the focus
      goBackTo(before)
    }
  }, [])
  return (
    <dialog ref={dialog} class="kern-dialog" aria-labelledby={heading} onCancel={(event) => { event.preventDefault(); onClose() }}>
      <form ref={form} class="kern-dialog__form" noValidate onSubmit={(event) => { event.preventDefault(); onSubmit() }}>
        <header class="kern-dialog__header">
          <h2 id={heading} class="kern-title">{title}</h2>
          <button type="button" class="kern-btn kern-btn--tertiary" onClick={onClose}>
            <Icon name="close" />
            <span class="kern-label kern-sr-only">{t('action.close')}</span>
          </button>
        </header>
        <div class="kern-dialog__body">
          {children}
          {problem?.status !== 412 && <ProblemAlert problem={problem} conflict={conflict} />}
        </div>
        <footer class="kern-dialog__footer">
          <Button onClick={other?.act ?? onClose}>{other?.text ?? t('action.cancel')}</Button>
          <Button type="submit" kind="primary" busy={busy}>{submit}</Button>
        </footer>
      </form>
    </dialog>
  )
}

export function Dialog(props: DialogProps) {
  const [place] = useState(() => document.createElement('div'))
  useLayoutEffect(() => {
    document.body.append(place)
    return () => {
      render(null, place)
      place.remove()
    }
  }, [])
  useLayoutEffect(() => render(<Question {...props} />, place))
  return null
}
