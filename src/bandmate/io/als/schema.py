"""The table: every element of a Live 11.0 set that is written here, in the order in which Live keeps it.

What is not a hole is Live's own default. Facts of the format, and what each costs if it is wrong, stand in
docs/ABLETON.md.
"""

from __future__ import annotations

from bandmate.io.markup import Table

MINOR_VERSION = "11.0_433"
CREATOR = "Bandmate, for Ableton Live 11.0"

LIVE_11 = Table(
    r"""
target:
    %1[Id=#](LockEnvelope=0)
switch:
    %1(LomId=0 Manual=%2 AutomationTarget[Id=#](LockEnvelope=0) MidiCCOnOffThresholds(Min=64 Max=127))
dial:
    %1(LomId=0 Manual=%2 MidiControllerRange(Min=%3 Max=%4)
       AutomationTarget[Id=#](LockEnvelope=0) ModulationTarget[Id=#](LockEnvelope=0))
choice:
    %1(LomId=0 Manual=%2 AutomationTarget[Id=#](LockEnvelope=0))
device:
    LomId=0 LomIdView=0 IsExpanded=true switch(On true) ModulationSourceCount=0 ParametersListWrapper[LomId=0]
    Pointee[Id=#] LastSelectedTimeableIndex=0 LastSelectedClipEnvelopeIndex=0 LastPresetRef(Value) LockedScripts
    IsFolded=false ShouldShowPresetName=false UserName="" Annotation="" SourceContext(Value)
routing:
    %1(Target=%2 UpperDisplayString=%3 LowerDisplayString=%4
       MpeSettings(ZoneType=0 FirstNoteChannel=1 LastNoteChannel=15))
grid:
    %1(FixedNumerator=1 FixedDenominator=16 GridIntervalPixel=20 Ntoles=2 SnapToGrid=%2 Fixed=false)
followed:
    FollowAction(FollowTime=4 IsLinked=true LoopIterations=1 FollowActionA=4 FollowActionB=0 FollowChanceA=100
                 FollowChanceB=0 JumpIndexA=%1 JumpIndexB=%1 FollowActionEnabled=false)
untransformed:
    AutomationTransformViewState(IsTransformPending=false TimeAndValueTransforms)
lanes:
    AutomationLanes(
        AutomationLanes(AutomationLane[Id=0](SelectedDevice=0 SelectedEnvelope=0 IsContentSelectedInDocument=false
                                             LaneHeight=68))
        AreAdditionalAutomationLanesFolded=false)
    ClipEnvelopeChooserViewState(SelectedDevice=0 SelectedEnvelope=0 PreferModulationVisible=false)
inputs:
    routing(AudioInputRouting AudioIn/External/S0 "Ext. In" 1/2)
    routing(MidiInputRouting MidiIn/External.All/-1 "Ext: All Ins" "")
strip:
    device() Sends switch(Speaker %1) SoloSink=false PanMode=0 dial(Pan %2 -1 1)
    dial(SplitStereoPanL -1 -1 1) dial(SplitStereoPanR 1 -1 1) dial(Volume %3 0.0003162277571 1.99526238)
    ViewStateSesstionTrackWidth=93 choice(CrossFadeState 1) SendsListWrapper[LomId=0]
samplers:
    target(VolumeModulationTarget) target(TranspositionModulationTarget) target(GrainSizeModulationTarget)
    target(FluxModulationTarget) target(SampleOffsetModulationTarget)
    PitchViewScrollPosition=-1073741824 SampleOffsetModulationScrollPosition=-1073741824
    Recorder(IsArmed=false TakeCounter=1)
frozen:
    device() ClipSlotList({empty_slots}) MonitoringEnum=1
    Sample(ArrangerAutomation(Events untransformed())) samplers()
insert:
    DeviceChain(Devices SignalModulations)
head:
    LomId=0 LomIdView=0 IsContentSelectedInDocument=false PreferredContentViewMode=0
    TrackDelay(Value=0 IsValueSampleBased=false)
    Name(EffectiveName=$name UserName=$user_name Annotation=$note MemorizedFirstClipName="")
    Color=$color AutomationEnvelopes(Envelopes({envelopes})) TrackGroupId=$group TrackUnfolded=$unfolded
    DevicesListWrapper[LomId=0] ClipSlotsListWrapper[LomId=0] ViewData="{}"
    TakeLanes(TakeLanes AreTakeLanesFolded=true) LinkedTrackGroupId=-1
playing:
    SavedPlayingSlot=-1 SavedPlayingOffset=0 Freeze=false VelocityDetail=0 NeedArrangerRefreeze=true
    PostProcessFreezeClips=0

MidiTrack:
    MidiTrack[Id=$id](
        head() playing()
        DeviceChain(
            lanes() inputs() routing(AudioOutputRouting $output $output_name "")
            routing(MidiOutputRouting MidiOut/None None "")
            Mixer(strip($sounds $pan $volume))
            MainSequencer(
                device() ClipSlotList({slots}) MonitoringEnum=1
                ClipTimeable(ArrangerAutomation(Events({clips}) untransformed()))
                Recorder(IsArmed=false TakeCounter=0) MidiControllers({controllers}))
            FreezeSequencer(frozen()) insert())
        ReWireSlaveMidiTargetId=0 PitchbendRange=96)
AudioTrack:
    AudioTrack[Id=$id](
        head() playing()
        DeviceChain(
            lanes() inputs() routing(AudioOutputRouting $output $output_name "")
            routing(MidiOutputRouting MidiOut/None None "")
            Mixer(strip($sounds $pan $volume))
            MainSequencer(
                device() ClipSlotList({slots}) MonitoringEnum=1
                Sample(ArrangerAutomation(Events({clips}) untransformed())) samplers())
            FreezeSequencer(frozen()) insert()))
GroupTrack:
    GroupTrack[Id=$id](
        head() Slots({group_slots})
        DeviceChain(
            lanes() inputs() routing(AudioOutputRouting AudioOut/Master Master "")
            routing(MidiOutputRouting MidiOut/None None "")
            Mixer(strip(true 0 1)) insert() FreezeSequencer(frozen())))
MasterTrack:
    MasterTrack(
        head()
        DeviceChain(
            lanes() inputs() routing(AudioOutputRouting AudioOut/External/S0 "Ext. Out" 1/2)
            routing(MidiOutputRouting MidiOut/None None "")
            Mixer(
                strip(true 0 1)
                Tempo(LomId=0 Manual=$bpm MidiControllerRange(Min=60 Max=200)
                      AutomationTarget[Id=$tempo_id](LockEnvelope=0) ModulationTarget[Id=#](LockEnvelope=0))
                TimeSignature(LomId=0 Manual=$meter AutomationTarget[Id=$meter_id](LockEnvelope=0))
                dial(GlobalGrooveAmount 100 0 131.25) dial(CrossFade 0 -1 1)
                TempoAutomationViewBottom=60 TempoAutomationViewTop=200)
            FreezeSequencer(AudioSequencer[Id=0](frozen())) insert()))
PreHearTrack:
    PreHearTrack(
        head()
        DeviceChain(
            lanes() inputs() routing(AudioOutputRouting AudioOut/External/S0 "Ext. Out" 1/2)
            routing(MidiOutputRouting MidiOut/None None "") Mixer(strip(true 0 1)) insert()))

Slot:
    ClipSlot[Id=$id](LomId=0 ClipSlot(Value({clip})) HasStop=true NeedRefreeze=true)
EmptySlot:
    ClipSlot[Id=$id](LomId=0 ClipSlot(Value) HasStop=true NeedRefreeze=true)
GroupSlot:
    GroupTrackSlot[Id=$id](LomId=0)
Envelope:
    AutomationEnvelope[Id=$id](EnvelopeTarget(PointeeId=$target) Automation(Events({events}) untransformed()))
ClipEnvelope:
    ClipEnvelope[Id=$id](
        EnvelopeTarget(PointeeId=$target) Automation(Events({events}) untransformed()) LoopSlot(Value)
        ScrollerTimePreserver(LeftTime=0 RightTime=0))
FloatEvent:
    FloatEvent[Id=$id Time=$time Value=$value]
EnumEvent:
    EnumEvent[Id=$id Time=$time Value=$value]

clip:
    LomId=0 LomIdView=0 CurrentStart=$start CurrentEnd=$end
    Loop(LoopStart=$loop_start LoopEnd=$loop_end StartRelative=0 LoopOn=$looped OutMarker=$loop_end
         HiddenLoopStart=$loop_start HiddenLoopEnd=$loop_end)
    Name=$name Annotation="" Color=$color LaunchMode=0 LaunchQuantisation=0
    TimeSignature(TimeSignatures(
        RemoteableTimeSignature[Id=0](Numerator=$numerator Denominator=$denominator Time=0)))
    Envelopes(Envelopes({envelopes})) ScrollerTimePreserver(LeftTime=$loop_start RightTime=$loop_end)
    TimeSelection(AnchorTime=0 OtherTime=0) Legato=false Ram=false GrooveSettings(GrooveId=-1) Disabled=false
    VelocityAmount=0 followed(1) grid(Grid true) FreezeStart=0 FreezeEnd=0 IsWarped=true TakeId=1
notes:
    Notes(KeyTracks({keys}) PerNoteEventStore(EventLists) NoteIdGenerator(NextId=$next_note))
folds:
    BankSelectCoarse=-1 BankSelectFine=-1 ProgramChange=-1
    NoteEditorFoldInZoom=-1 NoteEditorFoldInScroll=0 NoteEditorFoldOutZoom=-1 NoteEditorFoldOutScroll=0
    NoteEditorFoldScaleZoom=-1 NoteEditorFoldScaleScroll=0

MidiClip:
    MidiClip[Id=$id Time=$start](
        clip() notes() folds() ScaleInformation(RootNote=$root Name=$scale) IsInKey=$in_key
        NoteSpellingPreference=3 PreferFlatRootNote=$flats grid(ExpressionGrid false))
MidiClip12:
    MidiClip[Id=$id Time=$start](
        clip() IsInKey=$in_key ScaleInformation(Root=$root Name=$scale_number)
        Notes(KeyTracks({keys}) PerNoteEventStore(EventLists) NoteProbabilityGroups
              ProbabilityGroupIdGenerator(NextId=1) NoteIdGenerator(NextId=$next_note))
        folds() NoteSpellingPreference=0 AccidentalSpellingPreference=3 PreferFlatRootNote=$flats
        grid(ExpressionGrid false))
AudioClip:
    AudioClip[Id=$id Time=$start](
        clip()
        SampleRef(
            FileRef(RelativePathType=3 RelativePath=$relative Path=$path Type=1 LivePackName="" LivePackId=""
                    OriginalFileSize=$file_bytes OriginalCrc=0)
            LastModDate=$modified SourceContext SampleUsageHint=0 DefaultDuration=$frames DefaultSampleRate=$rate)
        Onsets(UserOnsets HasUserOnsets=false) WarpMode=4 GranularityTones=30 GranularityTexture=65
        FluctuationTexture=25 TransientResolution=6 TransientLoopMode=2 TransientEnvelope=100
        ComplexProFormants=100 ComplexProEnvelope=128 Sync=true HiQ=true Fade=true
        Fades(FadeInLength=0 FadeOutLength=0 ClipFadesAreInitialized=true CrossfadeInState=0 FadeInCurveSkew=0
              FadeInCurveSlope=0 FadeOutCurveSkew=0 FadeOutCurveSlope=0 IsDefaultFadeIn=true IsDefaultFadeOut=true)
        PitchCoarse=0 PitchFine=0 SampleVolume=1 MarkerDensity=2 AutoWarpTolerance=4 WarpMarkers({markers})
        SavedWarpMarkersForStretched MarkersGenerated=true IsSongTempoMaster=false)
WarpMarker:
    WarpMarker[Id=$id SecTime=$sec BeatTime=$beat]

Scene:
    Scene[Id=$id](
        followed(0) Name=$name Annotation="" Color=-1 Tempo=$bpm IsTempoEnabled=$has_tempo
        TimeSignatureId=$meter IsTimeSignatureEnabled=$has_meter LomId=0 ClipSlotsListWrapper[LomId=0])
Locator:
    Locator[Id=$id](LomId=0 Time=$time Name=$name Annotation="" IsSongStart=false)

lane:
    ExpressionLane[Id=%1](Type=%2 Size=%3 IsMinimized=%4)
LiveSet:
    LiveSet(
        NextPointeeId=$next_pointee OverwriteProtectionNumber=2816 LomId=0 LomIdView=0
        Tracks({tracks}) {master} {prehear} SendsPre Scenes({scenes})
        Transport(PhaseNudgeTempo=10 LoopOn=false LoopStart=0 LoopLength=$length LoopIsSongStart=false CurrentTime=0
                  PunchIn=false PunchOut=false MetronomeTickDuration=0 DrawMode=false)
        SongMasterValues(SessionScrollerPos[X=0 Y=0]) SignalModulations GlobalQuantisation=4 AutoQuantisation=0
        grid(Grid true) ScaleInformation(RootNote=$root Name=$scale) InKey=$in_key SmpteFormat=0
        TimeSelection(AnchorTime=0 OtherTime=0)
        SequencerNavigator(BeatTimeHelper(CurrentZoom=0.25) ScrollerPos[X=0 Y=0] ClientSize[X=800 Y=500])
        ViewStateExtendedClipProperties=false IsContentSplitterOpen=true IsExpressionSplitterOpen=true
        ExpressionLanes(lane(0 0 41 false) lane(1 1 41 false) lane(2 2 41 true) lane(3 3 41 true))
        ContentLanes(lane(0 4 41 false) lane(1 5 25 true)) ViewStateFxSlotCount=4 ViewStateSessionMixerHeight=120
        Locators(Locators({locators})) DetailClipKeyMidis TracksListWrapper[LomId=0]
        VisibleTracksListWrapper[LomId=0] ReturnTracksListWrapper[LomId=0] ScenesListWrapper[LomId=0]
        CuePointsListWrapper[LomId=0] ChooserBar=0 Annotation=$note SoloOrPflSavedValue=true SoloInPlace=true
        CrossfadeCurve=2 LatencyCompensation=2 HighlightedTrackIndex=0 GroovePool(LomId=0 Grooves)
        AutomationMode=false SnapAutomationToGrid=true ArrangementOverdub=false ColorSequenceIndex=0
        AutoColorPickerForPlayerAndGroupTracks(NextColorIndex=16)
        AutoColorPickerForReturnAndMasterTracks(NextColorIndex=8)
        ViewData="{}" MidiFoldIn=false MidiFoldMode=0 MultiClipFocusMode=false MultiClipLoopBarHeight=0
        MidiPrelisten=false LinkedTrackGroups AccidentalSpellingPreference=3 PreferFlatRootNote=$flats
        UseWarperLegacyHiQMode=false
        VideoWindowRect[Top=-2147483648 Left=-2147483648 Bottom=-2147483648 Right=-2147483648] ShowVideoWindow=true
        TrackHeaderWidth=93 ViewStateArrangerHasDetail=true ViewStateSessionHasDetail=true
        ViewStateDetailIsSample=false
        ViewStates(SessionIO=1 SessionSends=1 SessionReturns=1 SessionMixer=1 SessionTrackDelay=0 SessionCrossFade=0
                   SessionShowOverView=0 ArrangerIO=1 ArrangerReturns=1 ArrangerMixer=1 ArrangerTrackDelay=0
                   ArrangerShowOverView=1))
Document:
    Ableton[MajorVersion=5 MinorVersion=$minor SchemaChangeCount=6 Creator=$creator Revision=""]({live_set})
"""
)
