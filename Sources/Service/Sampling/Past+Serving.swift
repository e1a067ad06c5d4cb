#if Exporter
package import Exporter
package import History
internal import Reports

extension Past: PastReader {
    /// Opens a history for serving; nil if there is none, or no snapshot in it yet.
    package static func ifPresent(_ path: String) throws -> (any PastReader)? {
        do {
            return try Past(path)
        } catch RecordingError.empty {
            return nil
        } catch {
            guard CgwardenError(error)?.status != .noInput else { return nil }
            throw error
        }
    }
}
#endif
