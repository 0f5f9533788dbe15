/** Languages that texts can be given in. Any other language tag is taken too: this list is what a form offers. */
const available = `
  ar az-AZ bg bn-IN ca cs cy da de de-AT de-CH el en en-GB es et eu fi fil fr fr-CA ga gl he hi-IN hr hu hy id is
  it ja ka ko lt lv mk-MK ms mt nl no pl pt pt-BR ro ru sk sl sq sr sv sw th tr uk ur vi zh-CN zh-TW`

export const languages = {
  available: available.trim().split(/\s+/),
  default: 'en',
  defaultCountries: { az: 'AZ', bn: 'IN', hi: 'IN', mk: 'MK', zh: 'CN' },
}
