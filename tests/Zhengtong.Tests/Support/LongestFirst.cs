using Xunit.Sdk;
using Xunit.v3;
using Zhengtong.Tests.Cloud.Engines;

[assembly: TestCollectionOrderer(typeof(Zhengtong.Tests.Support.LongestFirst))]

namespace Zhengtong.Tests.Support;

/// <summary>Begins with the tests of a real LXD, which take a quarter of an hour one after the other: begun late, they would end when nothing is left to run beside them.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>The collections, the longest first.</summary>
    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection => [.. testCollections.OrderByDescending(c => c.TestCollectionDisplayName.Contains(nameof(LxdTests), StringComparison.Ordinal)).ThenBy(c => c.UniqueID, StringComparer.Ordinal)];
}
