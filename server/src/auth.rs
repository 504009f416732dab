//! Who is asking. The extractor is the permission: a handler that names [`Staff`] is closed to everyone else.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{FromRef, FromRequestParts, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, Uri,
        header::{AUTHORIZATION, COOKIE, HOST, ORIGIN},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use shared::{field::Field, id::DeviceId, permission::Capability};

use crate::{
    config::{Proxy, PublicUrl},
    error::ApiError,
    passkeys::FACTOR_MS,
    programs::{Grant, Token},
    proof::{self, Doubt, Proof},
    routes::AppState,
    secret::Credential,
    storage::{
        StoreError,
        access::{self, Account, Device, Refusal, Standing},
        journal::{Action, Actor, Entry},
        programs,
    },
};

/// How long a browser keeps the credential. In seconds: 400 days, the longest that browsers grant. Sent anew with each
/// session, so it ends only for phones that stay away longer.
const COOKIE_AGE_S: u32 = 400 * 24 * 60 * 60;
const HOUR_MS: u64 = 60 * 60 * 1000;
/// How exactly is kept when a token was used last. In milliseconds.
const USE_NOTED_MS: u64 = 60 * 1000;
/// The header that the app sets on whatever is not a plain read. Another site's page cannot set it.
pub const APP_HEADER: &str = "x-tiwizi";
/// Cookies beyond this are not looked at. In bytes.
const COOKIE_BYTES_MAX: usize = 4096;

/// A signed-in device, of any role: its own key signed the request, somebody has vouched for it, and its session runs.
#[derive(Debug, Clone)]
pub struct Enrolled {
    pub account: Account,
    pub device: Device,
    /// Until when a proof by passkey holds, if there was one; by the server's clock.
    factor_until_ms: Option<u64>,
    has_passkey: bool,
}

impl Enrolled {
    /// That they did that just now, for the journal.
    #[must_use]
    pub fn did(&self, action: Action, subject: impl ToString, at_ms: u64) -> Entry {
        Entry::of(Actor { account: Some(self.account.id), device: Some(self.device.id) }, action, subject, at_ms)
    }

    /// Whether this is certainly the account's owner: where the role has a second factor, they must have proved it lately.
    ///
    /// # Errors
    /// [`ApiError::FactorMissing`] when the account has no passkey, [`ApiError::FactorRequired`] when it was not used lately.
    pub fn sure(&self, now_ms: u64) -> Result<(), ApiError> {
        if !self.account.role.has_second_factor() || self.factor_until_ms.is_some_and(|until_ms| now_ms < until_ms) {
            return Ok(());
        }
        Err(if self.has_passkey { ApiError::FactorRequired } else { ApiError::FactorMissing })
    }
}

/// Whoever asks through an address that other programs use too: what they may read follows from the account.
#[derive(Debug, Clone)]
pub struct Caller {
    pub account: Account,
    /// At which device. A program's token is one: so the journal, and the history of what it writes, name it.
    pub device: Option<DeviceId>,
}

impl Caller {
    /// That they did that just now, for the journal.
    #[must_use]
    pub fn did(&self, action: Action, subject: impl ToString, at_ms: u64) -> Entry {
        Entry::of(Actor { account: Some(self.account.id), device: self.device }, action, subject, at_ms)
    }
}

/// Somebody who, where their role has a second factor, has proved lately that it is them: for what takes a passkey. Named beside
/// the capability.
#[derive(Debug, Clone, Copy)]
pub struct Sure;

/// A device that is still waiting, or whose session has ended, is this too: for what it needs to come in.
#[derive(Debug, Clone)]
pub struct Present {
    pub account: Account,
    pub device: Device,
    pub credential: Credential,
    /// The code that it shows, while it asks to be confirmed.
    pub code: Option<String>,
    pub confirmed: bool,
    pub has_passkey: bool,
    pub factor_until_ms: Option<u64>,
    /// When its session ends; none where it does not. By the server's clock.
    pub ends_ms: Option<u64>,
}

/// A device that somebody has vouched for, whether or not its session has ended: for what opens that again.
#[derive(Debug, Clone)]
pub struct Returning(pub Present);

/// A device by its cookie alone: for one that brings its first key, which nothing could have signed for yet.
#[derive(Debug, Clone)]
pub struct Unsigned(pub Device, pub Account);

/// A device whose credential is right, even when its access was ended since.
///
/// Only for the rescue of what such a phone had not sent: everything else takes [`Enrolled`].
#[derive(Debug, Clone)]
pub struct Known {
    pub account: Account,
    pub device: Device,
    /// When this device was revoked or its account closed, if it was.
    pub ended_ms: Option<u64>,
}

/// Makes an extractor that lets in those to whom the table gives a capability, or each of several.
macro_rules! may {
    ($name:ident) => {
        may!($name: $name);
    };
    ($name:ident: $($needed:ident),+) => {
        #[doc = concat!("Somebody who has ", $("[`Capability::", stringify!($needed), "`] ",)+ "by the table.")]
        #[derive(Debug, Clone)]
        pub struct $name(pub Enrolled);

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            AppState: FromRef<S>,
        {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
                let enrolled = Enrolled::from_request_parts(parts, state).await?;
                let needed = [$(Capability::$needed),+];
                if !needed.into_iter().all(|capability| enrolled.account.role.may(capability)) {
                    return Err(ApiError::RoleForbidden);
                }
                Ok(Self(enrolled))
            }
        }
    };
}

/// Makes an extractor for an address that other programs use too: it lets in those to whom the table gives a capability, or anybody
/// whose own scope decides what they find there; and of programs those whose token was given the same.
macro_rules! reads {
    ($name:ident) => {
        reads!($name: Some(Capability::$name), Grant::of(Capability::$name));
    };
    ($name:ident for anybody) => {
        reads!($name: None, Some(Grant::$name));
    };
    ($name:ident: $needed:expr, $grant:expr) => {
        #[doc = concat!("A caller who may, by the table and by their token: ", stringify!($name), ".")]
        #[derive(Debug, Clone)]
        pub struct $name(pub Caller);

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            AppState: FromRef<S>,
        {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
                Ok(Self(caller(parts, &AppState::from_ref(state), $needed, $grant).await?))
            }
        }
    };
}

reads!(ReadDirectory);
reads!(ReadFigures);
reads!(ReadEvents for anybody);
reads!(ReadDossiers for anybody);
reads!(ReadDocuments for anybody);
reads!(ReadQuestions for anybody);

/// A program that may make edits. The app makes its own.
#[derive(Debug, Clone)]
pub struct WriteEdits {
    pub account: Account,
    pub token: DeviceId,
}

impl<S: Send + Sync> FromRequestParts<S> for WriteEdits
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = AppState::from_ref(state);
        let Some(token) = bearer_of(&parts.headers) else {
            // Whoever is nobody learns that; a device is told that this is not its way.
            Enrolled::from_request_parts(parts, state).await?;
            return Err(ApiError::TokenScope);
        };
        let (account, token) = program(&app, token, Some(Grant::WriteEdits)).await?;
        Ok(Self { account, token })
    }
}

/// Whoever asks: a program by its token, or else a device by its cookie and key.
async fn caller(
    parts: &mut Parts,
    state: &AppState,
    needed: Option<Capability>,
    grant: Option<Grant>,
) -> Result<Caller, ApiError> {
    let (account, device) = match bearer_of(&parts.headers) {
        Some(token) => program(state, token, grant).await?,
        None => {
            let Enrolled { account, device, .. } = Enrolled::from_request_parts(parts, state).await?;
            (account, device.id)
        }
    };
    if needed.is_some_and(|needed| !account.role.may(needed)) {
        return Err(ApiError::RoleForbidden);
    }
    Ok(Caller { account, device: Some(device) })
}

/// The text of a program's token, where the request says that it is one's.
fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// For whom a program asks, and the token that is its device.
async fn program(state: &AppState, token: &str, grant: Option<Grant>) -> Result<(Account, DeviceId), ApiError> {
    let hash = Token::parse(token).ok_or(ApiError::TokenWrong)?.hash();
    let now_ms = state.clock.now_ms();
    let found = state.store.read(move |db| programs::token(db, &hash)).await?.ok_or(ApiError::TokenWrong)?;
    // Never more than whoever made it: an account that may not connect programs any more has connected none.
    let stands = found.open && now_ms < found.expires_ms && found.maker.may(Capability::ConnectPrograms);
    if !stands || !found.maker.may_govern(found.account.role) {
        return Err(ApiError::TokenWrong);
    }
    state.rates.device(found.id)?;
    if !grant.is_some_and(|grant| found.grants.contains(&grant)) {
        return Err(ApiError::TokenScope);
    }
    if found.used_ms.is_none_or(|used_ms| used_ms + USE_NOTED_MS <= now_ms) {
        let noted = state.store.write(move |tx| programs::note_use(tx, found.id, now_ms)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a token was not noted");
        }
    }
    Ok((found.account, found.id))
}

may!(SeeAccess);
may!(ManageAccess);
may!(JudgeQuarantine);
may!(ReadJournal);
may!(AnswerPeople);
may!(RunRetention);
may!(ReadSheet);
may!(SealSheet);
may!(ExportDossier);
may!(ChangeEvent);
may!(ChangeSettings);
may!(ConnectPrograms);
// What a page has filtered leaves as it stands there: programs filter by the address.
may!(ExportList: ReadDirectory);
// What becomes of a row says whether its phone is known, so that bringing lists takes reading phones too.
may!(BringLists: AddPerson, AddToRoster, ReadContact);

/// Somebody who may bring photos, scans and signatures: whoever may mark, or write a dossier. Also after their access was ended: what
/// such a phone had not sent is rescued.
#[derive(Debug, Clone)]
pub struct BringBlobs(pub Known);

impl<S: Send + Sync> FromRequestParts<S> for BringBlobs
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let known = Known::from_request_parts(parts, state).await?;
        let brings = [Capability::Mark, Capability::WriteDossier];
        if !brings.into_iter().any(|capability| known.account.role.may(capability)) {
            return Err(ApiError::RoleForbidden);
        }
        Ok(Self(known))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Present
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Identified { credential, standing, ends_ms } = identify(parts, &AppState::from_ref(state)).await?;
        if standing.revoked {
            return Err(ApiError::DeviceRevoked);
        }
        if standing.disabled {
            return Err(Refusal::AccountDisabled.into());
        }
        Ok(present(credential, standing, ends_ms))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Returning
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let present = Present::from_request_parts(parts, state).await?;
        if present.confirmed { Ok(Self(present)) } else { Err(ApiError::DeviceUnconfirmed) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Enrolled
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let present = Present::from_request_parts(parts, state).await?;
        let now_ms = AppState::from_ref(state).clock.now_ms();
        may_act(present.confirmed, present.ends_ms, now_ms)?;
        let Present { account, device, has_passkey, factor_until_ms, .. } = present;
        Ok(Self { account, device, factor_until_ms, has_passkey })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Sure
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let enrolled = Enrolled::from_request_parts(parts, state).await?;
        enrolled.sure(AppState::from_ref(state).clock.now_ms())?;
        Ok(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = AppState::from_ref(state);
        let Identified { standing, ends_ms, .. } = identify(parts, &app).await?;
        if standing.ended_ms.is_none() {
            may_act(standing.confirmed, ends_ms, app.clock.now_ms())?;
        } else if !standing.confirmed {
            // It never held anything.
            return Err(ApiError::DeviceRevoked);
        }
        Ok(Self { account: standing.account, device: standing.device, ended_ms: standing.ended_ms })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Unsigned
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (_, standing, _) = recognise(parts, &AppState::from_ref(state)).await?;
        Ok(Self(standing.device, standing.account))
    }
}

/// Whether a device that is in may do anything.
fn may_act(confirmed: bool, ends_ms: Option<u64>, now_ms: u64) -> Result<(), ApiError> {
    if !confirmed {
        return Err(ApiError::DeviceUnconfirmed);
    }
    if ends_ms.is_some_and(|ends_ms| ends_ms <= now_ms) { Err(ApiError::SessionExpired) } else { Ok(()) }
}

/// Whose request it is. Found once for each request, whatever its handler names.
#[derive(Debug, Clone)]
struct Identified {
    credential: Credential,
    standing: Standing,
    ends_ms: Option<u64>,
}

async fn identify(parts: &mut Parts, state: &AppState) -> Result<Identified, ApiError> {
    if let Some(identified) = parts.extensions.get::<Identified>() {
        return Ok(identified.clone());
    }
    let (credential, standing, ends_ms) = recognise(parts, state).await?;
    prove(parts, &standing, state.clock.now_ms())?;
    let identified = Identified { credential, standing, ends_ms };
    parts.extensions.insert(identified.clone());
    Ok(identified)
}

/// How a device stands, and when its session ends.
async fn standing_of(state: &AppState, device: DeviceId) -> Result<Option<(Standing, Option<u64>)>, StoreError> {
    let rules = state.rules.clone();
    let found = state.store.read(move |db| {
        let Some(standing) = access::standing(db, device)? else { return Ok(None) };
        let ends = standing.account.role.is_watched() && !standing.installed;
        let hours = if ends { Some(rules.get(db, Field::SessionHours)?) } else { None };
        let ends_ms = hours.map(|hours| standing.session_ms + u64::try_from(hours).unwrap_or(0) * HOUR_MS);
        Ok(Some((standing, ends_ms)))
    });
    found.await
}

/// A device that has just come in.
///
/// # Errors
/// What the storage fails on.
pub async fn newcomer(state: &AppState, credential: Credential) -> Result<Present, ApiError> {
    let (standing, ends_ms) = standing_of(state, credential.device).await?.ok_or(ApiError::NotEnrolled)?;
    Ok(present(credential, standing, ends_ms))
}

fn present(credential: Credential, standing: Standing, ends_ms: Option<u64>) -> Present {
    Present {
        code: standing.public_key.zip(standing.asks).map(|(key, asks)| key.code(&asks)),
        account: standing.account,
        device: standing.device,
        credential,
        confirmed: standing.confirmed,
        has_passkey: standing.has_passkey,
        factor_until_ms: standing.factor_ms.map(|ms| ms + FACTOR_MS),
        ends_ms,
    }
}

/// Finds whose credential was sent, and when that device's session ends. A wrong one and none are the same: strangers learn
/// nothing.
async fn recognise(parts: &Parts, state: &AppState) -> Result<(Credential, Standing, Option<u64>), ApiError> {
    // A program is no device: where only devices pass, it is nobody, whatever cookie it sends beside its token.
    if bearer_of(&parts.headers).is_some() {
        return Err(ApiError::NotEnrolled);
    }
    let credential = credential_of(&parts.headers, &state.config.public_url).ok_or(ApiError::NotEnrolled)?;
    let device = credential.device;
    match standing_of(state, device).await? {
        Some((standing, ends_ms)) if credential.matches(&standing.credential_hash) => {
            state.rates.device(device)?;
            Ok((credential, standing, ends_ms))
        }
        _ => Err(ApiError::NotEnrolled),
    }
}

/// Whether the device itself sent the request. That its body is the one that was signed, whoever reads it finds out.
fn prove(parts: &Parts, standing: &Standing, now_ms: u64) -> Result<(), ApiError> {
    let key = standing.public_key.ok_or(ApiError::ProofMissing)?;
    let header = parts.headers.get(proof::HEADER).ok_or(ApiError::ProofMissing)?;
    let proof = header.to_str().ok().and_then(Proof::parse).ok_or(ApiError::ProofWrong)?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    proof.check(&key, parts.method.as_str(), path, now_ms).map_err(|doubt| match doubt {
        Doubt::Wrong => ApiError::ProofWrong,
        Doubt::Stale => ApiError::ProofStale { now_ms },
    })
}

/// The cookie's name. Over HTTPS with the prefix by which browsers refuse one that another host of the domain has set.
fn cookie_name(url: &PublicUrl) -> &'static str {
    if url.is_https() { "__Host-tiwizi" } else { "tiwizi" }
}

fn credential_of(headers: &HeaderMap, url: &PublicUrl) -> Option<Credential> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter(|value| value.len() <= COOKIE_BYTES_MAX)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie_name(url))
        .and_then(|(_, value)| Credential::parse(value))
}

/// The header that gives a browser its credential.
#[must_use]
pub fn keep_credential(credential: &Credential, url: &PublicUrl) -> HeaderValue {
    cookie(&credential.reveal(), COOKIE_AGE_S, url)
}

/// The header that makes a browser forget its credential.
#[must_use]
pub fn forget_credential(url: &PublicUrl) -> HeaderValue {
    cookie("", 0, url)
}

fn cookie(value: &str, age_s: u32, url: &PublicUrl) -> HeaderValue {
    let secure = if url.is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age_s}{secure}", cookie_name(url));
    let mut header = HeaderValue::try_from(text).expect("ids and hex are visible ASCII");
    header.set_sensitive(true);
    header
}

/// Lets no other site act in a user's name: beside the cookie's `SameSite=Strict`, whatever is not a plain read must carry
/// the app's own header, and must not say that it comes from elsewhere.
pub async fn refuse_other_sites(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // A page elsewhere cannot send a token, and beside one no cookie counts.
    if reads
        || bearer_of(request.headers()).is_some()
        || comes_from_the_app(request.headers(), &state.config.public_url)
    {
        next.run(request).await
    } else {
        ApiError::CrossSite.into_response()
    }
}

fn comes_from_the_app(headers: &HeaderMap, url: &PublicUrl) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let same_site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let same_origin = text(ORIGIN.as_str()).is_none_or(|origin| {
        // By its public name, or by the name under which this request found us: 127.0.0.1 beside localhost.
        origin == url.origin() || host_of(origin).is_some_and(|host| text(HOST.as_str()) == Some(host.as_str()))
    });
    text(APP_HEADER) == Some("1") && same_site && same_origin
}

fn host_of(origin: &str) -> Option<String> {
    origin.parse::<Uri>().ok()?.authority().map(ToString::to_string)
}

/// The other end of the connection, put on each request by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Where a request comes from, for limits by address. Never logged, never stored.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Address
where
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let peer = peer_of(parts).ok_or(ApiError::Malformed("no peer address"))?;
        let forwarded = match AppState::from_ref(state).config.proxy {
            Proxy::None => None,
            Proxy::Trusted => forwarded_for(&parts.headers),
        };
        Ok(Self(forwarded.unwrap_or(peer)))
    }
}

/// The last address of `X-Forwarded-For`: the one that our own proxy appended. Those before it are hearsay.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

fn peer_of(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0.ip())
}

/// Lets an address ask the server so often and no oftener. The app's files are not counted: they cost little, and a phone
/// that opens the app asks for many.
pub async fn pace(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let paced = match Address::from_request_parts(&mut parts, &state).await {
        Ok(Address(address)) => state.rates.address(address).map_err(ApiError::from),
        Err(error) => Err(error),
    };
    match paced {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Someone on this machine, asking directly: a proxy's requests come from this machine too, but say so.
#[derive(Debug, Clone, Copy)]
pub struct Local;

impl<S: Send + Sync> FromRequestParts<S> for Local {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        const MARKS_OF_A_PROXY: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];
        let local = peer_of(parts).is_some_and(|address| address.to_canonical().is_loopback());
        let direct = MARKS_OF_A_PROXY.iter().all(|name| !parts.headers.contains_key(*name));
        if local && direct { Ok(Self) } else { Err(ApiError::RouteUnknown) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_is_told_from_the_app() {
        let check = |lines: &[(&'static str, &'static str)]| {
            let headers = lines
                .iter()
                .map(|(name, value)| (name.parse::<axum::http::HeaderName>().unwrap(), HeaderValue::from_static(value)))
                .collect();
            comes_from_the_app(&headers, &"https://tiwizi.example".parse().unwrap())
        };
        assert!(check(&[("x-tiwizi", "1")]));
        assert!(check(&[("x-tiwizi", "1"), ("sec-fetch-site", "same-origin"), ("origin", "https://tiwizi.example")]));
        assert!(check(&[("x-tiwizi", "1"), ("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(!check(&[]));
        assert!(!check(&[("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("x-tiwizi", "1"), ("sec-fetch-site", "same-site")]));
        assert!(!check(&[("x-tiwizi", "1"), ("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("x-tiwizi", "1"), ("origin", "https://evil.example"), ("host", "tiwizi.example")]));
        assert!(!check(&[("x-tiwizi", "1"), ("origin", "null"), ("host", "tiwizi.example")]));
    }

    #[test]
    fn only_what_our_own_proxy_appended_is_believed() {
        let check = |value: &'static str| {
            forwarded_for(&HeaderMap::from_iter([(
                "x-forwarded-for".parse().unwrap(),
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(check("203.0.113.9, 192.0.2.1"), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(check("2001:db8::1"), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(check("unknown"), None);
    }
}
