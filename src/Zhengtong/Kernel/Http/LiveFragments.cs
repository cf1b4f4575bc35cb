namespace Zhengtong.Kernel.Http;

/// <summary>Parts of pages that the page itself asks for again and again.</summary>
internal static class LiveFragments
{
    /// <summary>Below this path: an open page is no sign of a person, so what it asks for there keeps no session awake.</summary>
    internal const string Path = "/live";
}
