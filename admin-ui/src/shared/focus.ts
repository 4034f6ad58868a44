// The one place that decides where the keyboard goes on when what had the focus is gone: the button that was pressed, the
// line that was deleted, the dialog that was closed. Otherwise it would fall back to the top of the page each time.

/** What has the focus, and what it stands in, from the inside out. */
export type Way = readonly Element[]

let way: Way = []

function wayTo(element: Element): Way {
  const found: Element[] = []
  for (let at: Element | null = element; at && at !== document.body; at = at.parentElement) found.push(at)
  return found
}

/** The nearest thing around it that is still there and has a name, else the heading of the screen. */
function goOn(): void {
  const around = way.find((element) => element.isConnected && element.matches('section, [role="group"], dialog'))
  const next = (around ?? document.querySelector('main h1')) as HTMLElement | null
  if (!next) return
  next.tabIndex = -1
  next.focus()
}

/** To be given to goBackTo later. */
export const whereabouts = (): Way => way

export function goBackTo(before: Way): void {
  way = before
  const place = before[0] as HTMLElement | undefined
  if (place?.isConnected) place.focus()
  else goOn()
}

/** Called once, at the start. */
export function startKeepingFocus(): void {
  document.addEventListener('focusin', (event) => {
    way = wayTo(event.target as Element)
  })
  new MutationObserver(() => {
    const lost = way[0] && !way[0].isConnected && document.activeElement === document.body
    if (lost) goOn()
  }).observe(document.body, { childList: true, subtree: true })
}
