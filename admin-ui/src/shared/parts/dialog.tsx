// A question that must be answered before going on: the browser's own <dialog>, which keeps the focus inside.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../texts'
import { Icon } from './basic'

export function Dialog({ title, onClose, children, footer }: { title: string; onClose: () => void; children: ComponentChildren; footer: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    dialog.current?.showModal()
    // Where the answer is given, not on the cross in the corner.
    const answer = dialog.current?.querySelector<HTMLElement>('.kern-dialog__body :is(input, select, textarea)') ?? dialog.current?.querySelector<HTMLElement>('footer button')
    answer?.focus()
    return () => before?.focus?.()
  }, [])
  return (
    <dialog ref={dialog} class="kern-dialog" aria-labelledby={heading} onCancel={(event) => { event.preventDefault(); onClose() }}>
      <header class="kern-dialog__header">
        <h2 id={heading} class="kern-title">{title}</h2>
        <button type="button" class="kern-btn kern-btn--tertiary" onClick={onClose}>
          <Icon name="close" />
          <span class="kern-label kern-sr-only">{t('action.close')}</span>
        </button>
      </header>
      <div class="kern-dialog__body">{children}</div>
      <footer class="kern-dialog__footer">{footer}</footer>
    </dialog>
  )
}
