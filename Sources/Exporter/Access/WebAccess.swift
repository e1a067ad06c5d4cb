#if Exporter
internal import Configuration
internal import KernelIO
internal import Logging

/// The access rules of the server, read again when their files change.
actor WebAccess {
    /// The rules from one consistent state of the files.
    struct Rules: Sendable {
        /// The contents of the configuration file.
        var configuration = WebConfiguration()
        /// The TLS context; nil for plain HTTP.
        var security: TLSContext?
        /// Problems that do not prevent serving.
        var warnings: [String] = []

        /// Allows everyone over plain HTTP.
        init() {}

        /// Reads the configuration, certificates and keys; adds each file to `files`, also on
        /// failure.
        init(reading path: String, _ files: inout WatchedFiles) throws(ServerError) {
            do {
                let slash = path.lastIndex(of: "/")
                configuration = try WebConfiguration(
                    try files.read(path), file: path,
                    directory: slash.map { String(path[..<$0]) } ?? ".")
                security = try configuration.tls.map { try TLSContext($0, &files) }
                if let key = configuration.tls?.key.path(or: path),
                    FileStamp(of: key)?.isReadableByOthers == true
                {
                    warnings.append(
                        "other users can read the private key in \(key); chmod o-r it, and replace "
                            + "the key if they are not trusted")
                }
            } catch let failure as TLSContext.Failure {
                throw .configuration("\(path): \(failure)")
            } catch {
                throw .configuration("\(error)")
            }
        }

        /// The protection that the new rules would remove; nil if none.
        func loss(by new: Rules) -> String? {
            if security != nil, new.security == nil { return "TLS" }
            if !configuration.users.isEmpty, new.configuration.users.isEmpty { return "passwords" }
            return nil
        }
    }

    private let path: String?
    private let logger: Logger
    private var files = WatchedFiles()
    private var rules: Rules

    /// Reads the file for the first time; a nil path allows everyone over plain HTTP.
    init(_ path: String?, logger: Logger) throws(ServerError) {
        self.path = path
        self.logger = logger
        var files = WatchedFiles()
        rules =
            try path.map { path throws(ServerError) in try Rules(reading: path, &files) } ?? Rules()
        self.files = files
        for warning in rules.warnings { logger.warning("\(warning)") }
    }

    /// Returns the current rules, after reading changed files.
    func current() -> Rules {
        guard let path, files.haveChanged else { return rules }
        // Keep watching all old files: one that is not reached this time may be the one to fix.
        var seen = files.lookedAtAnew
        defer { files = seen }
        do throws(ServerError) {
            let new = try Rules(reading: path, &seen)
            guard let loss = rules.loss(by: new) else {
                rules = new
                logger.info("web configuration reloaded")
                for warning in new.warnings { logger.warning("\(warning)") }
                return rules
            }
            // A partly written file looks like one without the protection.
            logger.error(
                "\(path) no longer requires \(loss); kept until restart")
        } catch {
            logger.error("web configuration not reloaded: \(error)")
        }
        return rules
    }
}
#endif
