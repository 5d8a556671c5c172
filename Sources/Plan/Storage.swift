/// Where a recording service was to put its files; its keys are never read.
package struct Storage: Hashable, Sendable {
  /// Numbers as the service has them.
  package let vendor: Int
  package let region: Int
  package let bucket: String
  /// The folders that lead to the files.
  package let prefix: [String]

  package init(vendor: Int, region: Int, bucket: String, prefix: [String]) {
    self.vendor = vendor
    self.region = region
    self.bucket = bucket
    self.prefix = prefix
  }
}
