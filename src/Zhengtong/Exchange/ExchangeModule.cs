using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Containers;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Files;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Slices;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange;

/// <summary>Exchange: what agreements promise is delivered here, with receipts both sides can prove.</summary>
internal static class ExchangeModule
{
    internal static void AddExchange(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<ExchangeOptions>(builder.Configuration.GetSection("Exchange"));
        services.AddSingleton<DepartmentDatabases>();
        services.AddSingleton<Relay>();
        services.AddScoped<ExchangeLookup>();
        services.AddScoped<DeliveryBook>();
        services.AddScoped<TimetableBook>();
        services.AddScoped<BackFilling>();
        services.AddSingleton<Delivering>();
        services.AddSingleton<DeliveryReconciler>();
        services.AddHostedService(s => s.GetRequiredService<DeliveryReconciler>());
        services.AddSingleton<Reconciling>();
        services.AddSingleton<Questioning>();
        services.AddScoped<Repairing>();
        services.AddScoped<QualitySecrets>();
        services.AddScoped<QuarantineBook>();
        services.AddScoped<SeenTables>();
        services.AddScoped<IWorkList, QualityWork>();
        services.AddReconciler<ReconcileDeliveries>();
        services.AddSingleton<CallKeys>();
        services.AddSingleton<CallRows>();
        services.AddSingleton<CallLog>();
        services.AddSingleton<CallSealing>();
        services.AddHostedService(s => s.GetRequiredService<CallSealing>());
        services.AddHttpClient<TimeStampAuthority>(TimeStampAuthority.Configure);
        services.AddSingleton<IStartupStep, TimeStampingCheck>();
        services.AddReconciler<StampSeals>();
        services.AddIndicator(ReconciliationFigure.Name, "row", RollUpPeriod.Day, "exchange.indicator-source.reconciliation", ReconciliationFigure.ReadAsync);
        services.AddMeteredIndicator("exchange.rows-delivered", "row", DeliveryAccount.Rows, "exchange.indicator-source.metering");
        services.AddMeteredIndicator("exchange.bytes-delivered", "byte", DeliveryAccount.Bytes, "exchange.indicator-source.metering");
        services.AddSingleton(new AgreementPanel(typeof(DeliveryPanel), 10));
        services.AddSingleton(new AgreementPanel(typeof(CallsPanel), 11));
        services.AddSingleton(new ResourcePanel(typeof(ApiServicePanel), 20));
        builder.AddGateway();
        builder.AddFileExchange();
        builder.AddNodes();
        builder.AddMonitor();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/exchange", "exchange.menu", "exchange", 130, "catalogue.menu.group"));
    }

    private static void AddFileExchange(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<FilesOptions>().Bind(builder.Configuration.GetSection("Exchange:Files")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FilesOptions>, FilesOptionsCheck>();
        services.AddSingleton<FileContent>();
        services.AddSingleton<Clamd>();
        services.AddSingleton<Outbox>();
        services.AddScoped<FileIntake>();
        services.AddScoped<FileReceiving>();
        services.AddReconciler<CheckFiles>();
        services.AddReconciler<PublishFiles>();
        services.AddReconciler<SweepFiles>();
        services.AddReconciler<WatchFolders>();
        services.AddMeteredIndicator("exchange.files-delivered", "file", FileAccount.Files, "exchange.indicator-source.files");
        services.AddMeteredIndicator("exchange.file-bytes-delivered", "byte", FileAccount.Bytes, "exchange.indicator-source.files");
        services.AddSingleton(new AgreementPanel(typeof(FilePanel), 11));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/exchange/files", "exchange.files.menu", "in", 131, "catalogue.menu.group"));
    }

    internal static void MapExchange(this WebApplication app)
    {
        LiveDelivery.Map(app);
        app.MapMonitor();
        DescribeUploads.Map(app);
        CreateUpload.Map(app);
        ReadUpload.Map(app);
        AppendUpload.Map(app);
        TerminateUpload.Map(app);
        OverrideUpload.Map(app);
        UploadByForm.Map(app);
        ExportQuarantine.Map(app);
        AnswerOcsp.Map(app);
        var api = app.ApiGroup("Exchange");
        RegisterDataSource.Map(api);
        TestDataSource.Map(api);
        MountResource.Map(api);
        SetIntake.Map(api);
        ListDeliveries.Map(api);
        GetDelivery.Map(api);
        GetReceipt.Map(api);
        RunDelivery.Map(api);
        GetTimetable.Map(api);
        SetRunningHours.Map(api);
        SetRateLimit.Map(api);
        SetPriority.Map(api);
        OrderBackFill.Map(api);
        ListBackFills.Map(api);
        WithdrawBackFill.Map(api);
        StartReconciliation.Map(api);
        ListReconciliations.Map(api);
        GetReconciliation.Map(api);
        RepairDifferences.Map(api);
        GetStatement.Map(api);
        api.MapMonitorApi();
        ListQuarantine.Map(api);
        GetQuarantinedRow.Map(api);
        ReleaseQuarantined.Map(api);
        DiscardQuarantined.Map(api);
        OpenCorrection.Map(api);
        ListCorrections.Map(api);
        GetCorrection.Map(api);
        AnswerCorrection.Map(api);
        WithdrawCorrection.Map(api);
        ListMemberCertificates.Map(api);
        RevokeMemberCertificate.Map(api);
        ListCalls.Map(api);
        GetCallReceipt.Map(api);
        SetApiService.Map(api);
        TestApiService.Map(api);
        SwitchApiService.Map(api);
        ListApiServices.Map(api);
        SetInformationSystem.Map(api);
        RemoveInformationSystem.Map(api);
        ListInformationSystems.Map(api);
        ListResourceFiles.Map(api);
        GetFile.Map(api);
        SetFileRetention.Map(api);
        SetFileInbox.Map(api);
        ListReceivedFiles.Map(api);
        DownloadFile.Map(api);
        ConfirmFile.Map(api);
        GetFileReceipt.Map(api);
        app.MapNodes(api);
    }
}
