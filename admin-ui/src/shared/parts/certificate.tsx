// The certificate of this node, when it is about to end or has ended.
import { moment } from '../format'
import { t, tn } from '../texts'
import { Alert } from './basic'

const isOver = (at: string) => Date.parse(at) <= Date.now()

/** While there is time, and when browsers and other towns refuse it already. */
export const certificateTone = (at: string) => (isOver(at) ? 'danger' : 'warning')

export const certificateText = (at: string) => t(isOver(at) ? 'today.certificate_ended' : 'today.certificate_ends', { time: moment(at) })

export const CertificateAlert = ({ at }: { at: string }) => (
  <Alert tone={certificateTone(at)} title={tn('today.certificate_expires', 1)}>
    <p>{certificateText(at)}</p>
  </Alert>
)
