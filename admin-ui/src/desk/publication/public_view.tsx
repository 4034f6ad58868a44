// What other cities see, with every finding marked where it stands.
import type { Schemas } from '../../shared/api'
import { languageName, month } from '../../shared/format'
import { Badge, Facts } from '../../shared/parts/basic'
import { language, t, tOr } from '../../shared/texts'

type Entry = Schemas['PublicEntry']
type Finding = Schemas['Finding']

/** Cuts a text at its findings; overlapping ones are marked once. Offsets count code points. */
function pieces(text: string, findings: Finding[]): { text: string; finding: Finding | null }[] {
  const points = Array.from(text)
  const cut: { text: string; finding: Finding | null }[] = []
  let at = 0
  for (const finding of [...findings].sort((one, other) => one.start - other.start)) {
    if (finding.start < at || finding.end <= finding.start) continue
    if (finding.start > at) cut.push({ text: points.slice(at, finding.start).join(''), finding: null })
    cut.push({ text: points.slice(finding.start, finding.end).join(''), finding })
    at = finding.end
  }
  if (at < points.length) cut.push({ text: points.slice(at).join(''), finding: null })
  return cut
}

export function Marked({ text, findings }: { text: string; findings: Finding[] }) {
  return (
    <>
      {pieces(text, findings).map(({ text: piece, finding }, index) =>
        finding ? (
          <mark key={index} class={`mark mark--${finding.severity}`}>
            <span class="kern-sr-only">{t('text.pair', { a: t(`finding.kind.${finding.kind}`), b: '' })}</span>
            {piece}
          </mark>
        ) : (
          piece
        ),
      )}
    </>
  )
}

export function PublicHelp({ help }: { help: Schemas['PublicHelp'][] }) {
  return (
    <ul class="tags">
      {help.map(({ category, quantity_band: band }) => (
        <li key={category} class="tag">
          {tOr(`category.${category}`, t('category.other'))}
          {band && t('text.pair', { a: '', b: tOr(`band.${band}`, t('band.other')) })}
        </li>
      ))}
    </ul>
  )
}

/** `level`: of its title, one below the heading it stands under. */
export function PublicView({ entry, findings = [], level }: { entry: Entry; findings?: Finding[]; level: 3 | 4 }) {
  const Title = `h${level}` as const
  const of = (field: Finding['field']) => findings.filter((finding) => finding.field === field)
  return (
    <article class="public">
      <div class="card__top"><Badge>{tOr(`state.${entry.state}`, t('state.other'))}</Badge></div>
      <Title lang={entry.language}><Marked text={entry.title} findings={of('title')} /></Title>
      <PublicHelp help={entry.help} />
      <p class="prose" lang={entry.language}><Marked text={entry.text} findings={of('text')} /></p>
      <Facts
        facts={[
          [t('field.place'), <Marked text={entry.municipality.name} findings={of('municipality')} />],
          [t('field.month'), entry.month && month(entry.month)],
          [t('field.language'), entry.language === language.value ? null : languageName(entry.language)],
        ]}
      />
    </article>
  )
}
