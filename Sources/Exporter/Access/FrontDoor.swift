#if Exporter
internal import KernelIO
internal import NIOHTTP1

/// Who gets an answer: what stands between a connection and the ``Responder``.
struct FrontDoor: Sendable {
    let access: WebAccess
    let slots: RequestSlots
    let responder: Responder
    private let bucket = TokenBucket()
    private let passwords = PasswordCheck()

    init(_ access: WebAccess, _ slots: RequestSlots, _ responder: Responder) {
        self.access = access
        self.slots = slots
        self.responder = responder
    }

    /// The answer to a request, which may be that there is none.
    func response(to head: HTTPRequestHead) async -> Response {
        let rules = await access.current().configuration
        var response = await answer(head, rules)
        for (name, value) in rules.headers.sorted(by: { $0.key < $1.key }) {
            response.headers.append((name, value))
        }
        return response
    }

    private func answer(_ head: HTTPRequestHead, _ rules: WebConfiguration) async -> Response {
        if let limit = rules.rateLimit, !bucket.take(limit) {
            return .sentence(
                .tooManyRequests, "Too many requests; the web configuration limits them.")
        }
        if let refusal = await refusal(head, rules) { return refusal }
        // Whoever watches whether the program is alive must not wait for those who scrape.
        guard !head.uri.hasPrefix("/-/") else { return await responder.response(to: head) }
        guard let slot = slots.take() else {
            return .sentence(
                .serviceUnavailable, "Too many requests are being answered; try again in a moment.")
        }
        var response = await responder.response(to: head)
        response.slot = slot
        return response
    }

    /// Nil for a client that may read.
    private func refusal(
        _ head: HTTPRequestHead, _ rules: WebConfiguration
    ) async -> Response? {
        guard !rules.users.isEmpty else { return nil }
        let header = head.headers.first(name: "Authorization")
        if let credentials = header.flatMap(BasicCredentials.init) {
            switch await passwords.verdict(
                user: credentials.user, secret: credentials.secret, users: rules.users)
            {
            case .right: return nil
            case .busy:
                return .sentence(
                    .serviceUnavailable, "Too many passwords are being checked; try again.")
            case .wrong: break
            }
        }
        return .sentence(
            .unauthorized, "A name and a password are needed.",
            headers: [("WWW-Authenticate", "Basic realm=\"cgwarden\", charset=\"UTF-8\"")])
    }
}
#endif
