#if Exporter
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import WebClient

/// Options of commands that can show another host.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show the host whose cgwarden serves at this URL.", valueName: "url"),
        transform: Self.parsed)
    var url: WebURL?
    @Option(
        help: ArgumentHelp(
            "File with a line USER:PASSWORD for --url.", valueName: "file"),
        completion: .file())
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "Netrc file with the password for --url (default: ~/.netrc).", valueName: "file"),
        completion: .file())
    var netrc: String?
    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp(
            "File of certificate authorities to trust instead of the system's.",
            valueName: "file"), completion: .file())
    var authorities: String?

    func validate() throws {
        if url == nil, passwordFile != nil || netrc != nil || authorities != nil {
            throw ValidationError("--password-file, --netrc and --ca need --url")
        }
        if passwordFile != nil, netrc != nil {
            throw ValidationError("--password-file and --netrc are mutually exclusive")
        }
    }

    @Sendable private static func parsed(_ text: String) throws -> WebURL {
        guard let url = WebURL(text), !url.target.contains("?") else {
            throw ValidationError(
                text.contains("@")
                    ? "a URL has no user or password, which other users could see; use --netrc"
                    : "'\(text.printable)' is not a URL; write https://node7:10980")
        }
        return url
    }

    /// The other host; nil without `--url`.
    func host() throws -> RemoteHost? {
        guard let url else { return nil }
        let credentials = try credentials(url.host)
        if credentials != nil, !url.isSecure, !url.isLoopback {
            throw CgwardenError(
                "the password would be readable on the way to \(url.authority); use https://",
                .usage)
        }
        if let authorities, FileStamp(of: authorities) == nil {
            throw CgwardenError("--ca: there is no file \(authorities.printable)", .noInput)
        }
        return RemoteHost(
            url, certificates: authorities, authorization: credentials?.authorization)
    }

    private func credentials(_ host: String) throws -> WebCredentials? {
        if let passwordFile {
            let text = try Self.secret(passwordFile)
            let line = text.split(whereSeparator: \.isNewline).first ?? ""
            guard let found = WebCredentials(line: String(line)) else {
                throw CgwardenError(
                    "\(passwordFile.printable): the first line is not USER:PASSWORD", .data)
            }
            return found
        }
        if let netrc { return WebCredentials(netrc: try Self.secret(netrc), host: host) }
        // The user did not name this file, so only an entry for exactly this host counts.
        guard let home = Environment.value("HOME"),
            let text = try? Self.secret("\(home)/.netrc")
        else { return nil }
        return WebCredentials(netrc: text, host: host, allowsDefault: false)
    }

    /// Reads a file that other users can neither read nor change.
    private static func secret(_ path: String) throws -> String {
        let file = try TrustedFile.open(path)
        guard !file.stamp.isReadableByGroup, !file.stamp.isReadableByOthers else {
            throw CgwardenError(
                "other users can read \(path.printable); chmod go-r it", .noPermission)
        }
        return String(decoding: try file.contents(most: 1 << 16), as: UTF8.self)
    }
}

extension RemoteHost {
    /// Fetches the sample of a time, or the newest one; throws if there is none.
    func required(at time: WrittenTime?) throws -> Snapshot {
        guard let time else {
            guard let snapshot = try snapshot(.now) else {
                throw CgwardenError("\(name) has no sample yet", .unavailable)
            }
            return snapshot
        }
        guard let snapshot = try snapshot(.at(try RemoteReel(self, at: time, SampleScope()).start))
        else {
            throw CgwardenError("\(name) has no sample at \(time.text.onOneLine)", .noInput)
        }
        return snapshot
    }
}
#endif
