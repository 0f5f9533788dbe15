/** What an organization may use: here everything, within the documented quotas. */

/** The public product's defaults. */
export const quotas = {
  scraper_enabled_properties: 250,
  parallel_notices_deployments: 3,
  exports_configs: 3,
  exports_destinations: 2,
  consent_proof_reports: 10,
  api_requests: 100,
  secrets: 300,
  metadata_partners: 500,
  metadata_purposes: 300,
}

/** Switches of the public product, Heed's equal or not: a client that looks before it calls finds every door open. */
const features = `
  preference_center preference_management_platform propagate_consents_on_sync consent_management_platform
  cross_device batch_exports batch_exports_manual_run batch_exports_analytics data_residency_russia integrations
  integrations_v2 smart_vendor_list compliance_report_v2 versions_and_proofs mass_update consents_api
  store_cmp_consents store_guest_cmp_consents sso mailchimp actito hubspot sendinblue selligent
  adobe_campaign_classic adobe_campaign_standard webhooks sf_marketing_cloud braze marketo microsoft_dynamics
  microsoft_dynamics_cpc dotdigital adobe_experience_cloud advanced_internal_monitoring sf_sales_cloud server_side
  acm_static_ip acm_vendor_templates acm_data_exports acm_high_frequency acm_full_website_scan web_sdk_versioning
  web_sdk_fixed_versioning privacy_widgets_advanced cmp_consent_or_pay cmp_rules_underage privacy_widgets_versions
  dsar_experience brand_manager cmp_advanced_widgets pmp_data_exports cmp_data_exports cmp_ctv_widgets`

export const premiumFeatures: Record<string, boolean> = Object.fromEntries(
  features
    .trim()
    .split(/\s+/)
    .map(name => [name, true]),
)
