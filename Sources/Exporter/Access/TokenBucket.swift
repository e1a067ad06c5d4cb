internal import Synchronization

/// A rate limit that allows a burst of requests, then one request per interval.
final class TokenBucket: Sendable {
    private struct State {
        var tokens: Double?
        var time: ContinuousClock.Instant
    }

    private let state = Mutex(State(tokens: nil, time: .now))

    /// Takes a token if one is left; a bucket starts full.
    func take(_ limit: WebConfiguration.RateLimit, at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            let burst = Double(limit.burst)
            let gained = max(.zero, state.time.duration(to: now)) / limit.interval
            state.time = max(state.time, now)
            let tokens = min(burst, (state.tokens ?? burst) + gained)
            state.tokens = tokens >= 1 ? tokens - 1 : tokens
            return tokens >= 1
        }
    }
}
