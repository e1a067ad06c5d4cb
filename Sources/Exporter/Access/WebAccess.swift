#if Exporter
internal import Configuration
internal import KernelIO
internal import Logging

/// What protects the server, read again when its files have changed.
actor WebAccess {
    /// One consistent state of the files.
    struct Rules: Sendable {
        /// What the configuration file says.
        var configuration = WebConfiguration()
        /// Nil for plain HTTP.
        var security: TLSContext?
        /// What is wrong but no reason not to serve.
        var warnings: [String] = []

        /// Plain HTTP for everybody.
        init() {}

        /// Reads everything; what was read is noted in `files`, also on failure.
        init(reading path: String, _ files: inout WatchedFiles) throws(ServerError) {
            do {
                let slash = path.lastIndex(of: "/")
                configuration = try WebConfiguration(
                    try files.read(path), file: path,
                    directory: slash.map { String(path[..<$0]) } ?? ".")
                security = try configuration.security.map { try TLSContext($0, &files) }
                if let key = configuration.security?.key.path(or: path),
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

        /// What would no longer be asked of clients; nil if nothing.
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

    /// Reads the file for the first time; nil for plain HTTP for everybody.
    init(_ path: String?, logger: Logger) throws(ServerError) {
        self.path = path
        self.logger = logger
        var files = WatchedFiles()
        rules =
            try path.map { path throws(ServerError) in try Rules(reading: path, &files) } ?? Rules()
        self.files = files
        for warning in rules.warnings { logger.warning("\(warning)") }
    }

    /// What holds now.
    func current() -> Rules {
        guard let path, files.haveChanged else { return rules }
        // All of the old ones, too: what is not reached this time may be what has to be mended.
        var seen = files.lookedAtAnew
        defer { files = seen }
        do throws(ServerError) {
            let new = try Rules(reading: path, &seen)
            guard let loss = rules.loss(by: new) else {
                rules = new
                logger.info("the web configuration was read anew")
                for warning in new.warnings { logger.warning("\(warning)") }
                return rules
            }
            // A file that is just being written looks like this.
            logger.error(
                "\(path) no longer asks for \(loss); that takes a restart, the old one stays")
        } catch {
            logger.error("the web configuration stays as it was: \(error)")
        }
        return rules
    }
}
#endif
