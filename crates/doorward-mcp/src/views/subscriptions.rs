//! `subscriptions/listen`: what a client wants to hear of, and what the server agreed to.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields, PARAMS, RESULT};
use super::meta::subscription_id_in;
use crate::raw::Raw;

/// Which notifications a stream carries. What is not named is not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionFilter<'a> {
    /// `notifications/tools/list_changed`
    pub tools_list_changed: bool,
    /// `notifications/prompts/list_changed`
    pub prompts_list_changed: bool,
    /// `notifications/resources/list_changed`
    pub resources_list_changed: bool,
    /// `notifications/resources/updated` for these URIs.
    pub resource_uris: Vec<Cow<'a, str>>,
    /// `notifications/tasks` for these tasks (tasks extension).
    pub task_ids: Vec<Cow<'a, str>>,
}

/// The params of `notifications/subscriptions/acknowledged`.
#[derive(Debug, Clone)]
pub struct SubscriptionAcknowledged<'a> {
    /// The part of the wish that is honoured.
    pub filter: SubscriptionFilter<'a>,
    /// The id of the listen request.
    pub subscription_id: Raw<'a>,
}

impl<'a> SubscriptionFilter<'a> {
    /// Reads the params of `subscriptions/listen`.
    ///
    /// # Errors
    /// No `notifications` object, or a member of the wrong type or case.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["notifications"])?;
        Self::read(fields.object("notifications")?, fields.at("notifications"))
    }

    fn read(filter: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let known =
            ["toolsListChanged", "promptsListChanged", "resourcesListChanged", "resourceSubscriptions", "taskIds"];
        let fields = Fields::of(filter, at, &known)?;
        Ok(Self {
            tools_list_changed: fields.optional_flag("toolsListChanged")?.unwrap_or(false),
            prompts_list_changed: fields.optional_flag("promptsListChanged")?.unwrap_or(false),
            resources_list_changed: fields.optional_flag("resourcesListChanged")?.unwrap_or(false),
            resource_uris: fields.optional_texts("resourceSubscriptions")?,
            task_ids: fields.optional_texts("taskIds")?,
        })
    }
}

impl<'a> SubscriptionAcknowledged<'a> {
    /// Reads the params of `notifications/subscriptions/acknowledged`.
    ///
    /// # Errors
    /// No `notifications` object or no subscription id, or a member of the wrong type or case.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["notifications", "_meta"])?;
        let subscription_id =
            subscription_id_in(fields.raw(), PARAMS)?.ok_or_else(|| fields.at("_meta").error("a subscription id"))?;
        Ok(Self { filter: SubscriptionFilter::from_params(params)?, subscription_id })
    }
}

/// The subscription that the closing result of `subscriptions/listen` ends.
///
/// # Errors
/// The result's `_meta` has no sound subscription id.
pub fn closed_subscription(result: Raw<'_>) -> Result<Raw<'_>, ViewError> {
    subscription_id_in(result, RESULT)?.ok_or_else(|| RESULT.member("_meta").error("a subscription id"))
}
