#if Exporter
package import Exporter
package import History
internal import KernelIO

extension Past: PastReader {
    /// Opens a history for serving; nil if there is none, or no snapshot in it yet.
    package static func ifPresent(_ path: String) throws -> (any PastReader)? {
        do {
            return try Past(path)
        } catch RecordingError.empty {
            return nil
        } catch let error as IOError {
            guard error.isMissing else { throw error }
            return nil
        }
    }
}
#endif
