import Configuration
import KernelIO
import Reports

extension DaemonConfiguration {
    private static let usualFile = "/etc/cgwarden/cgwarden.yaml"

    /// Reads the configuration file; without a path, the default file if it exists.
    package static func read(_ path: String?) throws -> DaemonConfiguration {
        let file = path ?? usualFile
        if path == nil, !LogFile.exists(file) { return DaemonConfiguration() }
        do {
            // The file names the state directory, so a user who can write it could act as root.
            return try DaemonConfiguration(
                TrustedFile.contents(of: file, most: ConfigLoader.largestFile), file: file)
        } catch let refusal as FileRefusal where !refusal.isFailure {
            throw CgwardenError(refusal.description, .configuration)
        } catch let error as ConfigError {
            throw CgwardenError(error.description, .configuration)
        }
    }
}
