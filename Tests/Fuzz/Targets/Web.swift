import Configuration

@testable import Exporter

extension FuzzTarget {
    static let web: [FuzzTarget] = [
        FuzzTarget("negotiation") { bytes in
            let header = String(decoding: bytes, as: UTF8.self)
            _ = Negotiation.format(accept: header)
            _ = Negotiation.allowsGzip(acceptEncoding: header)
            do throws(CollectorQuery.Mistake) {
                _ = try CollectorQuery.collectors(in: header[...])
            } catch {
                try checkMessage(error.description)
            }
        },
        FuzzTarget("query") { bytes in
            let query = String(decoding: bytes, as: UTF8.self)
            _ = Query.value(of: "path", in: query[...])
            if let credentials = BasicCredentials(query) {
                try FuzzFailure.unless(!credentials.user.contains(":"), "a colon in a name")
            }
        },
        FuzzTarget("web-configuration") { bytes in
            do throws(ConfigError) {
                _ = try WebConfiguration(bytes, file: "f", directory: "/nowhere")
            } catch {
                try checkMessage("\(error)")
            }
        },
        FuzzTarget("listen-address") { bytes in
            do {
                let address = try ListenAddress(parsing: String(decoding: bytes, as: UTF8.self))
                try FuzzFailure.unless(
                    (try? ListenAddress(parsing: "\(address)")) == address,
                    "\(address) reads back otherwise")
            } catch let error as ListenAddressError {
                try checkMessage(error.description)
            }
        },
    ]
}
