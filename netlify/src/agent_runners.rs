//! Agents that work on a site.
//!
//! ```
//! use howdah_netlify::agent_runners::NewAgentRunner;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let work = netlify.agent_runners().create(NewAgentRunner::new(site.id).with_prompt("Mend the links.")).await?;
//! println!("{:?}", netlify.agent_runners().get(&work.id).await?.state);
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Query, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{PAGES, accounts::AccountId, deploys::DeployId, sites::SiteId};

endpoints! {
    LIST:              AgentRunnerFilter     => Vec<AgentRunner>        = get("/agent_runners").pages(PAGES);
    CREATE:            Query<NewAgentRunner> => AgentRunner             = post("/agent_runners");
    CREATE_UPLOAD_URL: Query<NewAttachment>  => UploadUrl               = post("/agent_runners/upload_url");
    GET:               ()                    => AgentRunner             = get("/agent_runners/{agent_runner_id}");
    UPDATE:            ()                    => AgentRunner             = patch("/agent_runners/{agent_runner_id}");
    DELETE:            ()                    => ()                      = delete("/agent_runners/{agent_runner_id}").status(202);
    ARCHIVE:           ()                    => ()                      = post("/agent_runners/{agent_runner_id}/archive").status(202).idempotent();
    PULL_REQUEST:      ()                    => ()                      = post("/agent_runners/{agent_runner_id}/pull_request");
    COMMIT:            Query<TargetBranch>   => ()                      = post("/agent_runners/{agent_runner_id}/commit");
    LIST_SESSIONS:     SessionFilter         => Vec<AgentRunnerSession> = get("/agent_runners/{agent_runner_id}/sessions").pages(PAGES);
    CREATE_SESSION:    Query<NewSession>     => AgentRunnerSession      = post("/agent_runners/{agent_runner_id}/sessions");
    GET_SESSION:       ()                    => AgentRunnerSession      = get("/agent_runners/{agent_runner_id}/sessions/{agent_runner_session_id}");
    UPDATE_SESSION:    Query<SessionUpdate>  => AgentRunnerSession      = patch("/agent_runners/{agent_runner_id}/sessions/{agent_runner_session_id}");
    DELETE_SESSION:    ()                    => ()                      = delete("/agent_runners/{agent_runner_id}/sessions/{agent_runner_session_id}").status(202);
}

/// The agent runners. Reach them through [`Netlify::agent_runners`](crate::Netlify::agent_runners).
#[derive(Clone, Debug)]
pub struct AgentRunners(pub(crate) Api);

impl AgentRunners {
    /// Streams what agents work on.
    ///
    /// `GET /agent_runners`
    pub fn list(&self, filter: AgentRunnerFilter) -> Pages<AgentRunner> {
        self.0.pages(&LIST, [], filter)
    }

    /// Lets an agent work on something.
    ///
    /// `POST /agent_runners`
    pub fn create(&self, work: NewAgentRunner) -> Call<AgentRunner> {
        self.0.send(&CREATE, [], Query(work))
    }

    /// Tells where to upload a file for an agent.
    ///
    /// `POST /agent_runners/upload_url`
    pub fn create_upload_url(&self, file: NewAttachment) -> Call<UploadUrl> {
        self.0.send(&CREATE_UPLOAD_URL, [], Query(file))
    }

    /// Reads what an agent works on.
    ///
    /// `GET /agent_runners/{agent_runner_id}`
    pub fn get(&self, runner: &AgentRunnerId) -> Call<AgentRunner> {
        self.0.send(&GET, [runner], ())
    }

    /// Brings what is known of an agent's work up to date.
    ///
    /// `PATCH /agent_runners/{agent_runner_id}`
    pub fn update(&self, runner: &AgentRunnerId) -> Call<AgentRunner> {
        self.0.send(&UPDATE, [runner], ())
    }

    /// Ends an agent's work.
    ///
    /// `DELETE /agent_runners/{agent_runner_id}`
    pub fn delete(&self, runner: &AgentRunnerId) -> Call<()> {
        self.0.send(&DELETE, [runner], ())
    }

    /// Puts an agent's work away.
    ///
    /// `POST /agent_runners/{agent_runner_id}/archive`
    pub fn archive(&self, runner: &AgentRunnerId) -> Call<()> {
        self.0.send(&ARCHIVE, [runner], ())
    }

    /// Makes a pull request of an agent's work.
    ///
    /// `POST /agent_runners/{agent_runner_id}/pull_request`
    pub fn pull_request(&self, runner: &AgentRunnerId) -> Call<()> {
        self.0.send(&PULL_REQUEST, [runner], ())
    }

    /// Commits an agent's work to a branch.
    ///
    /// `POST /agent_runners/{agent_runner_id}/commit`
    pub fn commit(&self, runner: &AgentRunnerId, branch: TargetBranch) -> Call<()> {
        self.0.send(&COMMIT, [runner], Query(branch))
    }

    /// Streams the sessions of an agent's work.
    ///
    /// `GET /agent_runners/{agent_runner_id}/sessions`
    pub fn list_sessions(&self, runner: &AgentRunnerId, filter: SessionFilter) -> Pages<AgentRunnerSession> {
        self.0.pages(&LIST_SESSIONS, [runner], filter)
    }

    /// Tells an agent what to do next.
    ///
    /// `POST /agent_runners/{agent_runner_id}/sessions`
    pub fn create_session(&self, runner: &AgentRunnerId, session: NewSession) -> Call<AgentRunnerSession> {
        self.0.send(&CREATE_SESSION, [runner], Query(session))
    }

    /// Reads a session.
    ///
    /// `GET /agent_runners/{agent_runner_id}/sessions/{agent_runner_session_id}`
    pub fn get_session(&self, runner: &AgentRunnerId, session: &SessionId) -> Call<AgentRunnerSession> {
        self.0.send(&GET_SESSION, [runner, session], ())
    }

    /// Changes whether a session's result is seen.
    ///
    /// `PATCH /agent_runners/{agent_runner_id}/sessions/{agent_runner_session_id}`
    pub fn update_session(
        &self,
        runner: &AgentRunnerId,
        session: &SessionId,
        update: SessionUpdate,
    ) -> Call<AgentRunnerSession> {
        self.0.send(&UPDATE_SESSION, [runner, session], Query(update))
    }

    /// Ends a session.
    ///
    /// `DELETE /agent_runners/{agent_runner_id}/sessions/{agent_runner_session_id}`
    pub fn delete_session(&self, runner: &AgentRunnerId, session: &SessionId) -> Call<()> {
        self.0.send(&DELETE_SESSION, [runner, session], ())
    }
}

/// The id of an agent's work.
pub type AgentRunnerId = Id<AgentRunner, String>;

/// The id of a session.
pub type SessionId = Id<AgentRunnerSession, String>;

/// What an agent works on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AgentRunner {
    pub id: AgentRunnerId,
    pub site_id: Option<SiteId>,
    pub parent_agent_runner_id: Option<String>,
    pub state: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
    pub title: Option<String>,
    pub branch: Option<String>,
    pub result_branch: Option<String>,
    pub pr_url: Option<String>,
    pub pr_branch: Option<String>,
    pub pr_state: Option<String>,
    pub pr_number: Option<i64>,
    pub pr_is_being_created: Option<bool>,
    pub pr_error: Option<String>,
    pub current_task: Option<String>,
    pub result_diff: Option<String>,
    pub sha: Option<String>,
    pub merge_commit_sha: Option<String>,
    pub merge_commit_error: Option<String>,
    pub merge_commit_is_being_created: Option<bool>,
    pub base_deploy_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub attached_file_keys: Vec<String>,
    pub active_session_created_at: Option<Timestamp>,
    pub latest_session_deploy_id: Option<String>,
    pub latest_session_deploy_url: Option<String>,
    pub user: Option<AgentRunnerUser>,
}

/// For whom an agent works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AgentRunnerUser {
    pub id: Option<String>,
    pub full_name: Option<String>,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
}

/// A part of an agent's work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AgentRunnerSession {
    pub id: SessionId,
    pub agent_runner_id: Option<String>,
    pub dev_server_id: Option<String>,
    pub state: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
    pub title: Option<String>,
    pub prompt: Option<String>,
    pub agent_config: Option<AgentRunnerSessionConfig>,
    pub result: Option<String>,
    pub result_diff: Option<String>,
    pub commit_sha: Option<String>,
    pub deploy_id: Option<DeployId>,
    pub deploy_url: Option<String>,
    /// Seconds.
    pub duration: Option<i64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub steps: Vec<AgentRunnerSessionStep>,
    pub user: Option<AgentRunnerUser>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub attached_file_keys: Vec<String>,
    pub result_zip_file_name: Option<String>,
    pub is_published: Option<bool>,
}

/// Which agent works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AgentRunnerSessionConfig {
    pub agent: Option<String>,
    pub model: Option<String>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AgentRunnerSessionStep {
    pub title: Option<String>,
    pub message: Option<String>,
}

/// Where a file is uploaded to, as the service writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[allow(missing_docs)]
pub struct UploadUrl {
    pub answer: Value,
}

open_enum! {
    /// Which work.
    pub enum WorkState {
        /// What goes on.
        Live = "live",
        /// What failed.
        Error = "error",
    }
}

open_enum! {
    /// In which order.
    pub enum SessionOrder {
        /// The oldest first.
        Asc = "asc",
        /// The latest first.
        Desc = "desc",
    }
}

input! {
    /// Narrows a list of agents' work.
    pub struct AgentRunnerFilter {
        account_id: AccountId,
        site_id: SiteId,
    } optional {
        state: WorkState,
        title: String,
        branch: String,
        result_branch: String,
        /// Seconds since 1970.
        from: i64,
        /// Seconds since 1970.
        to: i64,
    }
}

input! {
    /// What an agent is to work on.
    pub struct NewAgentRunner {
        site_id: SiteId,
    } optional {
        deploy_id: DeployId,
        branch: String,
        prompt: String,
        agent: String,
        model: String,
        parent_agent_runner_id: String,
        dev_server_image: String,
        file_keys: Vec<String>,
    }
}

input! {
    /// A file for an agent.
    pub struct NewAttachment {
        account_id: AccountId,
        filename: String,
        content_type: String,
    } optional {}
}

input! {
    /// Which branch.
    pub struct TargetBranch {
        target_branch: String,
    } optional {}
}

input! {
    /// Narrows a list of sessions.
    pub struct SessionFilter {} optional {
        state: WorkState,
        /// Seconds since 1970.
        from: i64,
        /// Seconds since 1970.
        to: i64,
        order_by: SessionOrder,
    }
}

input! {
    /// What an agent is to do next.
    pub struct NewSession {} optional {
        prompt: String,
        agent: String,
        model: String,
        file_keys: Vec<String>,
    }
}

input! {
    /// What changes in a session.
    pub struct SessionUpdate {} optional {
        is_published: bool,
    }
}
