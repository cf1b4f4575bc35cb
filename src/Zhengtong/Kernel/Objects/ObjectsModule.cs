using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Objects;

/// <summary>Registers the object store.</summary>
internal static class ObjectsModule
{
    internal static void AddObjects(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ObjectsOptions>().Bind(builder.Configuration.GetSection("Objects")).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ObjectsOptions>, ObjectsOptionsCheck>();
        builder.Services.AddSingleton<ObjectStore>(services => services.GetRequiredService<IOptions<ObjectsOptions>>().Value is { Kind: ObjectsKind.S3 } s3
            ? ActivatorUtilities.CreateInstance<S3Objects>(services, s3)
            : ActivatorUtilities.CreateInstance<FolderObjects>(services));
        builder.Services.AddReconciler<ObjectCollector>();
    }
}
