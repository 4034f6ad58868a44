// The office's view: which nodes live, and how much they published. Never what is in them.
import { call } from '../shared/api'
import { ago, countryName, number } from '../shared/format'
import { LIVE, useLoad } from '../shared/load'
import { Badge, Empty, LinkButton } from '../shared/parts/basic'
import { CertificateAlert } from '../shared/parts/certificate'
import { Shown } from '../shared/parts/list'
import { Page } from '../shared/parts/page'
import { isAdmin } from '../shared/session'
import { t, tn } from '../shared/texts'

export function Members() {
  const members = useLoad('members', () => call('get', '/api/v1/members'), LIVE)
  return (
    <Page title={t('members.title')} lead={t('members.lead')} actions={isAdmin.value && <LinkButton href="/administration/invitations" kind="primary" icon="add">{t('members.invite')}</LinkButton>}>
      <Shown of={members}>
        {({ items, totals, certificate_ends_at }) => (
          <>
            {certificate_ends_at && <CertificateAlert at={certificate_ends_at} />}
            <ul class="figures figures--large">
              <li><strong>{number(totals.living)}</strong> {tn('members.living', totals.nodes)}</li>
              <li><strong>{number(totals.entries)}</strong> {t('members.entries')}</li>
            </ul>
            {items.length === 0 ? <Empty title={t('members.empty')}><p>{t('members.empty_text')}</p></Empty> : (
              <div class="table-scroll" tabIndex={0} role="region" aria-label={t('members.title')}>
                <table class="table">
                  <thead>
                    <tr>{(['city', 'state', 'published'] as const).map((name) => <th scope="col" key={name}>{t(`members.column_${name}`)}</th>)}</tr>
                  </thead>
                  <tbody>
                    {items.map((member) => (
                      <tr key={member.authority}>
                        <th scope="row">{member.name}<br /><span class="muted">{countryName(member.country)}</span></th>
                        <td>
                          {member.state === 'active'
                            ? <Badge tone={member.living ? 'success' : 'danger'}>{t(member.living ? 'members.alive' : 'members.silent')}</Badge>
                            : <Badge tone="warning">{t(`peer.state.${member.state}`)}</Badge>}
                          <br /><span class="muted">{member.last_contact_at ? t('members.last_contact', { ago: ago(member.last_contact_at) }) : t('peer.short.never')}</span>
                        </td>
                        <td>{number(member.entries)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            <p class="hint">{t('members.counted')}</p>
          </>
        )}
      </Shown>
    </Page>
  )
}
