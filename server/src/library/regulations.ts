/** Whose statuses there can be: the public API's closed set. */
import { z } from 'zod'

const regulations = [
  ...[
    'gdpr',
    'cpra',
    'cpa',
    'ctdpa',
    'vcdpa',
    'ucpa',
    'tdpsa',
    'fdbr',
    'mtcdpa',
    'ocpa',
    'dpdpa',
    'icdpa',
    'ndpa',
  ],
  ...[
    'nhpa',
    'njdpa',
    'tipa',
    'mncdpa',
    'modpa',
    'incdpa',
    'kcdpa',
    'ridtppa',
    'lgpd',
    'law25',
    'pipeda',
    'fadp',
    'ukgdpr',
  ],
  ...['popia', 'appi', 'pdpa', 'dpdp'],
] as const
export const regulation = z.enum(regulations)
