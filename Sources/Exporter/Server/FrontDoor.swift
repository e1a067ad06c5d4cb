#if Exporter
internal import KernelIO
internal import NIOHTTP1

/// Decides which requests reach the ``Responder``.
struct FrontDoor: Sendable {
    let access: WebAccess
    let slots: RequestSlots
    let hosts: HostCheck
    let responder: Responder
    private let bucket = TokenBucket()
    private let passwords = PasswordCheck()

    init(
        _ access: WebAccess, _ slots: RequestSlots, _ hosts: HostCheck, _ responder: Responder
    ) {
        self.access = access
        self.slots = slots
        self.hosts = hosts
        self.responder = responder
    }

    /// Returns the response to a request, or the refusal, with the configured headers.
    func response(to head: HTTPRequestHead, from client: Client) async -> Response {
        let rules = await access.current().configuration
        var response =
            if let head = head.inOriginForm {
                await answer(head, client, rules)
            } else {
                Response.sentence(.badRequest, "request target: empty host")
            }
        for (name, value) in rules.headers.sorted(by: { $0.key < $1.key }) {
            response.headers.removeAll { $0.0.lowercased() == name.lowercased() }
            response.headers.append((name, value))
        }
        return response
    }

    private func answer(
        _ head: HTTPRequestHead, _ client: Client, _ rules: WebConfiguration
    ) async -> Response {
        if let limit = rules.rateLimit, !bucket.take(limit) {
            return .sentence(
                .tooManyRequests, "too many requests: over the rate_limit of the web configuration")
        }
        // Health probes must not wait for scrapes, and reveal nothing that needs a host check.
        let isProbe = head.uri.hasPrefix("/-/")
        if !isProbe, let refusal = hosts.refusal(head.headers, client) { return refusal }
        if let refusal = await refusal(head, client, rules) { return refusal }
        guard !isProbe else { return await responder.response(to: head) }
        guard let slot = slots.take() else {
            return .sentence(
                .serviceUnavailable, "too many concurrent requests; try again later")
        }
        // Holds the slot only until the response is rendered, so a slow reader does not block
        // others.
        defer { withExtendedLifetime(slot) {} }
        return await responder.response(to: head)
    }

    /// Returns nil for a client that may read.
    private func refusal(
        _ head: HTTPRequestHead, _ client: Client, _ rules: WebConfiguration
    ) async -> Response? {
        guard !rules.users.isEmpty else { return nil }
        let header = head.headers.first(name: "Authorization")
        if let credentials = header.flatMap(BasicCredentials.init) {
            switch await passwords.verdict(
                user: credentials.user, secret: credentials.secret, users: rules.users,
                for: client.name)
            {
            case .right: return nil
            case .busy:
                return .sentence(
                    .serviceUnavailable, "too many passwords are being checked; try again later",
                    headers: [("Retry-After", "5")])
            case .wrong: break
            }
        }
        return .sentence(
            .unauthorized, "user name and password required",
            headers: [("WWW-Authenticate", "Basic realm=\"cgwarden\", charset=\"UTF-8\"")])
    }
}
#endif
