/** What Heed tells of a published widget in one language: `/c/{organization}/{widget}/widget.json`. */
export interface Widget {
  organization_id: string
  widget_id: string
  version: number
  language: string
  direction: 'ltr' | 'rtl'
  languages: readonly string[]
  /** How the language writes times, for the element; absent where a formatter of the browser's does. */
  clock?: string
  /** The organization's public API key. */
  key: string
  auth: {
    method: 'otp' | 'message' | 'server'
    auth_provider_id?: string
    hide_if_not_authenticated: boolean
  }
  double_opt_in: boolean
  template: string
  shape: string
  colors: Readonly<Record<string, string>>
  look: {
    /** Of parts: a style sheet for what the element is made of. */
    css: string
    /** Who is signed in is to be said in the header. */
    is_user_shown: boolean
    banner?: WidgetPicture
    logo?: WidgetPicture
    /** At the foot. */
    icon?: WidgetPicture
  }
  texts: Readonly<Record<WidgetText, string>>
  /** Types of the template's parts by their ids; absent in what was published before they were kept. */
  components?: Readonly<Record<string, string>>
  purposes: readonly WidgetPurpose[]
  /** Ids of all purposes of the organization's tree, shown here or not: who leaves, leaves them all. */
  all_purposes: readonly string[]
}

interface WidgetEntity {
  id: string
  element_id: string
  /** In the widget, as pages written for the public loader ask: it says nothing of a choice. */
  enabled: true
  name: string
  metadata: Readonly<Record<string, unknown>>
}

export interface WidgetPurpose extends WidgetEntity {
  description: string
  one_click: boolean
  picture?: WidgetPicture
  content_align?: 'left' | 'center'
  /** Each choice in it is saved at once. */
  save_on_click: boolean
  is_card_clickable: boolean
  /** Since when it is recorded, and where it is in force, is to be said. */
  is_save_indicator_visible: boolean
  preferences: readonly WidgetPreference[]
}

export interface WidgetPicture {
  kind: 'logo' | 'banner' | 'icon'
  src: string
  /** Empty: it is decoration. */
  alt: string
}

export interface WidgetPreference extends WidgetEntity {
  type: 'single' | 'multi'
  description: string
  values: readonly WidgetValue[]
}

export interface WidgetValue extends WidgetEntity {
  icon?: WidgetPicture
  /** Asked where this value is chosen. */
  preferences: readonly WidgetPreference[]
}

/** Of the widget where it has its own, else Heed's. */
type OwnText = 'title' | 'introduction' | 'footer' | 'saveAll'
type PageText =
  | (
      | 'notChosen'
      | 'someChosen'
      | 'refusedKept'
      | 'waits'
      | 'pendingNone'
      | 'pendingOne'
      | 'pendingMany'
      | 'saving'
      | 'savedNothing'
      | 'cutShort'
      | 'changedTooOften'
    )
  | ('receipt' | 'receiptAt' | 'confirmByMail' | 'unsubscribeAll' | 'nothingLeft')
  | ('recorded' | 'inForce' | 'onItsWay' | 'unknownThere' | 'stuckThere')
  | ('history' | 'historyEmpty' | 'historyBy' | 'historyPending' | 'historyWording' | 'historyOlder')
  | ('accepted' | 'refused' | 'answered' | 'cleared' | 'signOut' | 'signedOut' | 'signedInAs')
  | ('signInTitle' | 'signInByToken' | 'signInExpired' | 'failed' | 'unavailable')
type SignInText =
  | ('emailLabel' | 'send' | 'sentText' | 'codeTitle' | 'codeText' | 'codeLabel' | 'codeSend')
  | ('codeWrong' | 'again' | 'tooOften' | 'badEmail')
export type WidgetText = OwnText | PageText | SignInText
