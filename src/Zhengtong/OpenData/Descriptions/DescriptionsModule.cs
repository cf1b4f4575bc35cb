namespace Zhengtong.OpenData.Descriptions;

/// <summary>The published catalogue for machines.</summary>
internal static class DescriptionsModule
{
    internal static void MapDescriptions(this WebApplication app)
    {
        app.UseDescriptions();
        DescribeCatalogue.Map(app);
        DescribeDataset.Map(app);
        DescribeForLearning.Map(app);
        DescribePackage.Map(app);
        DownloadPackage.Map(app);
        GetManifest.Map(app);
        DescribeDataJson.Map(app);
        MapSite.Map(app);
        ReadFeeds.Map(app);
    }
}
