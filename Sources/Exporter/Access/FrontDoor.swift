#if Exporter
internal import KernelIO
internal import NIOHTTP1

/// Who gets an answer: what stands between a connection and the ``Responder``.
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

    /// The answer to a request, which may be that there is none.
    func response(to head: HTTPRequestHead, from client: Client) async -> Response {
        let rules = await access.current().configuration
        var response =
            if let head = head.inOriginForm {
                await answer(head, client, rules)
            } else {
                Response.sentence(.badRequest, "The request's target has an empty host.")
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
                .tooManyRequests, "Too many requests; the web configuration limits them.")
        }
        // Whoever watches whether the program is alive must not wait for those who scrape, and learns
        // nothing else.
        let isProbe = head.uri.hasPrefix("/-/")
        if !isProbe, let refusal = hosts.refusal(head.headers, client) { return refusal }
        if let refusal = await refusal(head, client, rules) { return refusal }
        guard !isProbe else { return await responder.response(to: head) }
        guard let slot = slots.take() else {
            return .sentence(
                .serviceUnavailable, "Too many requests are being answered; try again in a moment.")
        }
        // Until it is rendered: whoever is slow to read it takes no place from others.
        defer { withExtendedLifetime(slot) {} }
        return await responder.response(to: head)
    }

    /// Nil for a client that may read.
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
                    .serviceUnavailable, "Too many passwords are being checked; try again.",
                    headers: [("Retry-After", "5")])
            case .wrong: break
            }
        }
        return .sentence(
            .unauthorized, "A name and a password are needed.",
            headers: [("WWW-Authenticate", "Basic realm=\"cgwarden\", charset=\"UTF-8\"")])
    }
}
#endif
