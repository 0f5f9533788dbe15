/** What the embedded element shows: a published widget in one language, the same for everybody. Pure. */
import type { Widget, WidgetPicture, WidgetPreference, WidgetPurpose, WidgetText } from '@heed/client/widget'
import { directionOf } from '../http/languages.ts'
import { fill, inLanguage } from '../http/texts.ts'
import type { Published } from '../widgets/deployments.ts'
import type { SnapshotPreference, SnapshotPurpose } from '../widgets/snapshot.ts'
import { partsOf } from './look.ts'
import { optionsOf } from './options.ts'
import { pictureOf } from './pictures.ts'
import { signInTextsIn, textsIn } from './texts.ts'
import { clockOf } from './time.ts'

const pageTexts = [
  ...([
    'notChosen',
    'someChosen',
    'refusedKept',
    'waits',
    'pendingNone',
    'pendingOne',
    'pendingMany',
    'saving',
    'savedNothing',
    'cutShort',
  ] as const),
  ...(['receipt', 'receiptAt', 'confirmByMail', 'unsubscribeAll', 'nothingLeft'] as const),
  ...(['recorded', 'inForce', 'onItsWay', 'unknownThere', 'stuckThere'] as const),
  ...(['history', 'historyEmpty', 'historyBy', 'historyPending', 'historyWording', 'historyOlder'] as const),
  ...(['accepted', 'refused', 'answered', 'cleared', 'signOut', 'signedOut', 'signedInAs'] as const),
  ...(['signInTitle', 'signInByToken', 'signInExpired', 'failed', 'unavailable'] as const),
] as const
const signInNames = [
  ...(['emailLabel', 'send', 'sentText', 'codeTitle', 'codeText', 'codeLabel', 'codeSend'] as const),
  ...(['codeWrong', 'again', 'tooOften', 'badEmail'] as const),
] as const

export interface WidgetGround extends Published {
  language: string
  key: string
  providerId: string | undefined
  allPurposes: readonly string[]
}

export function widgetOf({
  snapshot,
  version,
  language,
  key,
  providerId,
  allPurposes,
}: WidgetGround): Widget {
  const say = (texts: Readonly<Record<string, string>>) =>
    inLanguage(texts, language, snapshot.defaultLanguage)
  const pictured = (...[where, kind]: Pictured) => pictureOf(snapshot, language, where, kind)
  const preferencesOf = (preferences: readonly SnapshotPreference[]): WidgetPreference[] =>
    preferences.map(({ id, elementId, type, name, description, metadata, values }) => ({
      ...{ id, element_id: elementId, enabled: true, type, metadata },
      name: say(name),
      description: say(description),
      values: values.map(value => ({
        ...{ id: value.id, element_id: value.elementId, enabled: true, metadata: value.metadata },
        name: say(value.name),
        ...named(
          'icon',
          pictured({ type: 'preference_value', part: 'icon', elementId: value.elementId }, 'icon'),
        ),
        preferences: preferencesOf(value.preferences),
      })),
    }))
  const purposeOf = ({
    id,
    elementId,
    name,
    description,
    metadata,
    oneClick,
    preferences,
  }: SnapshotPurpose): WidgetPurpose => {
    const options = optionsOf(snapshot, elementId)
    const {
      imageType = 'logo',
      contentAlign,
      saveOnClick,
      isCardClickable = false,
      isSaveIndicatorVisible = true,
    } = options
    return {
      ...{ id, element_id: elementId, enabled: true, metadata, one_click: oneClick },
      name: say(name),
      description: say(description),
      ...named('picture', pictured({ type: 'section', part: 'logo', elementId }, imageType)),
      ...(contentAlign ? { content_align: contentAlign } : {}),
      save_on_click: saveOnClick,
      is_card_clickable: isCardClickable,
      is_save_indicator_visible: isSaveIndicatorVisible,
      preferences: preferencesOf(preferences),
    }
  }

  const clock = clockOf(language)
  return {
    ...{ organization_id: snapshot.organizationId, widget_id: snapshot.widgetId, version },
    ...{ language, direction: directionOf(language), languages: snapshot.languages, key },
    ...named('clock', clock),
    auth: {
      method: snapshot.auth.method,
      ...(providerId === undefined ? {} : { auth_provider_id: providerId }),
      hide_if_not_authenticated: snapshot.auth.hideIfNotAuthenticated,
    },
    double_opt_in: snapshot.doubleOptIn,
    ...{ template: snapshot.template, shape: snapshot.shape, colors: snapshot.colors },
    look: {
      css: partsOf(snapshot.look),
      is_user_shown: snapshot.look?.isUserShown ?? false,
      ...named('banner', pictured({ type: 'header', part: 'bannerImage' }, 'banner')),
      ...named('logo', pictured({ type: 'header', part: 'logo' }, 'logo')),
      ...named('icon', pictured({ type: 'footer', part: 'icon' }, 'icon')),
    },
    texts: textsOf(snapshot, language, say),
    ...named('components', snapshot.components),
    purposes: snapshot.purposes.map(purposeOf),
    all_purposes: allPurposes,
  }
}

type Pictured = [where: Parameters<typeof pictureOf>[2], kind: WidgetPicture['kind']]

const named = <Name extends string, T>(name: Name, value: T | undefined): { [name in Name]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [name in Name]?: T }

function textsOf(
  { texts: { title, introduction, footer, save, pending } }: Published['snapshot'],
  language: string,
  say: (texts: Readonly<Record<string, string>>) => string,
): Widget['texts'] {
  const page = textsIn(language)
  const counted = pending && fill(say(pending), { numberOfPendingConsent: '{number}' })
  return {
    ...pick(page, pageTexts),
    ...pick(signInTextsIn(language), signInNames),
    ...(counted ? { pendingOne: counted, pendingMany: counted } : {}),
    // The other of this name is of signing in.
    changedTooOften: page.tooOften,
    title: title ? say(title) : page.title,
    introduction: introduction ? say(introduction) : page.introduction,
    footer: footer ? say(footer) : '',
    saveAll: save ? say(save) : page.saveAll,
  }
}

const pick = <Name extends WidgetText>(
  texts: Readonly<Record<Name, string>>,
  names: readonly Name[],
): Record<Name, string> => Object.fromEntries(names.map(name => [name, texts[name]])) as Record<Name, string>
