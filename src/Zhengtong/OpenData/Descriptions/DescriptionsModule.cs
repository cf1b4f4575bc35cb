using Microsoft.AspNetCore.ResponseCompression;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>The published catalogue for machines.</summary>
internal static class DescriptionsModule
{
    /// <summary>The pipeline packs these too: descriptions repeat the same addresses over and over.</summary>
    internal static void AddDescriptions(this WebApplicationBuilder builder) => builder.Services.Configure<ResponseCompressionOptions>(o =>
        o.MimeTypes = [.. o.MimeTypes, .. RdfSyntax.All.Select(s => s.MediaType).Distinct(), "application/atom+xml"]);

    internal static void MapDescriptions(this WebApplication app)
    {
        app.UseDescriptions();
        DescribeCatalogue.Map(app);
        DescribeDataset.Map(app);
        DescribeForLearning.Map(app);
        DescribePackage.Map(app);
        DownloadPackage.Map(app);
        ReadManifest.Map(app);
        DescribeDataJson.Map(app);
        MapSite.Map(app);
        ReadFeeds.Map(app);
    }
}
